#!/bin/sh
# Build the image with the first builder that this machine has, and look whether what was built starts. Without a
# builder that works, or without the base image, say so and end well: `make image` runs on every machine.
set -eu
cd "$(dirname "$0")/.."
tag=${1:-compromise-bot}
file=deploy/Containerfile
base=$(sed -n 's/^FROM \([^ ]*\).*/\1/p' "$file" | sort -u)

passed_over() {
    echo "The image was not built: $1."
    exit 0
}

builder=
for one in buildah podman docker; do
    # A client whose engine does not answer builds nothing.
    if command -v "$one" >/dev/null 2>&1 && "$one" info >/dev/null 2>&1; then
        builder=$one
        break
    fi
done
[ -n "$builder" ] || passed_over "there is no buildah, podman or docker here whose engine answers"
"$builder" pull --quiet "$base" >/dev/null || passed_over "$builder cannot fetch $base"
"$builder" build --file "$file" --tag "$tag" .
if [ "$builder" = buildah ]; then
    container=$(buildah from "$tag")
    trap 'buildah rm "$container" >/dev/null' EXIT
    version=$(buildah run "$container" -- compromise --version)
else
    version=$("$builder" run --rm "$tag" --version)
fi
echo "Built $tag with $builder: $version"
