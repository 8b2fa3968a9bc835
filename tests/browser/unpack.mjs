// unpack.mjs FROM TO: unpack the browser of @sparticuz/chromium, with the libraries and fonts that it brings.
// Its own code puts them into the machine's temporary folder; here they belong to the checkout.
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { brotliDecompressSync } from "node:zlib";

const [from, to] = process.argv.slice(2).map((folder) => resolve(folder));
mkdirSync(to, { recursive: true });
for (const name of ["chromium", "al2023.tar", "swiftshader.tar", "fonts.tar"]) {
  const path = join(to, name);
  writeFileSync(path, brotliDecompressSync(readFileSync(join(from, `${name}.br`))));
  if (name.endsWith(".tar")) {
    execFileSync("tar", ["-xf", path, "-C", to]);
    rmSync(path);
  }
}
chmodSync(join(to, "chromium"), 0o755);
writeFileSync(
  join(to, "fonts.conf"),
  `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>${to}/fonts</dir><dir>/usr/share/fonts</dir><cachedir>${to}/cache</cachedir></fontconfig>
`,
);
writeFileSync(
  join(to, "start"),
  `#!/bin/sh
LD_LIBRARY_PATH='${to}/lib:${to}' FONTCONFIG_FILE='${to}/fonts.conf' exec '${to}/chromium' "$@"
`,
  { mode: 0o755 },
);
