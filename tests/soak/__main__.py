"""`make soak`: run a soak for so many seconds, and write what it came to.

    python -m tests.soak [--seconds 600] [--workers 0] [--seed N] [--folder FOLDER]

With workers the bot is the keeper of a PostgreSQL, and each of them all is killed now and then.

Ends with status 1 where something did not hold; then everything it left stays in the folder, which is named.
"""

from __future__ import annotations

import argparse
import logging
import secrets
import shutil
import sys
import tempfile
from pathlib import Path

from tests.soak.running import soak


def main() -> int:
    """Run it; give the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak")
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**31))
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    seed, workers = given.seed, given.workers
    folder = given.folder or Path(tempfile.mkdtemp(prefix="compromise-soak-"))
    folder.mkdir(parents=True, exist_ok=True)
    # The played servers cut connections on purpose, which uvicorn tells at length.
    logging.getLogger("uvicorn.error").addFilter(lambda _: False)
    beside = f" and {workers} workers" if workers else ""
    print(f"Soaking for {given.seconds:.0f} seconds with the seed {seed}{beside}, in {folder}.", flush=True)
    with soak(seed, folder, workers) as running:
        told = running.run(given.seconds)
    (folder / "soak.json").write_text(told.as_json(), encoding="utf-8")
    print(told.as_json())
    if told.broken:
        print(f"Something did not hold. All that there is: {folder}", file=sys.stderr)
        return 1
    if given.folder is None:
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
