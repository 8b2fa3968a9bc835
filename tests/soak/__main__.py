"""`make soak`: run a soak for so many seconds, and write what it came to.

    python -m tests.soak SECONDS [SEED] [FOLDER]

Ends with status 1 where something did not hold; then everything it left stays in the folder, which is named.
"""

from __future__ import annotations

import logging
import secrets
import shutil
import sys
import tempfile
from pathlib import Path

from tests.soak.running import soak


def main() -> int:
    """Run it; give the exit status."""
    given = sys.argv[1:]
    seconds = float(given[0]) if given else 600.0
    seed = int(given[1]) if len(given) > 1 else secrets.randbelow(2**31)
    folder = Path(given[2]) if len(given) > 2 else Path(tempfile.mkdtemp(prefix="compromise-soak-"))
    folder.mkdir(parents=True, exist_ok=True)
    # The played servers cut connections on purpose, which uvicorn tells at length.
    logging.getLogger("uvicorn.error").addFilter(lambda _: False)
    print(f"Soaking for {seconds:.0f} seconds with the seed {seed}, in {folder}.", flush=True)
    with soak(seed, folder) as running:
        told = running.run(seconds)
    (folder / "soak.json").write_text(told.as_json(), encoding="utf-8")
    print(told.as_json())
    if told.broken:
        print(f"Something did not hold. All that there is: {folder}", file=sys.stderr)
        return 1
    if len(given) < 3:
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
