"""Read broken files until the time is over: ``make fuzz`` and ``make fuzz SECONDS=3600``.

Ends with 1 at the first file that a reader fails on, and leaves it in ``fuzz-output``.
"""

from __future__ import annotations

import resource
import sys
import time
import traceback
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings

from tests.fuzz import made
from tests.fuzz.reading import Failed, read

ROUND = 200
"""Files between two looks at the clock."""

MOST_MB = 400
"""Up to so much memory the process may take in all, whatever it read."""


def main(seconds: float) -> int:
    """Read until the time is over; give the status."""
    count = 0
    end = time.monotonic() + seconds
    last: list[bytes] = []

    @settings(
        max_examples=ROUND,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(made.contents())
    def one_round(data: bytes) -> None:
        nonlocal count
        count += 1
        last[:] = [data]
        read(data)

    try:
        while time.monotonic() < end:
            one_round()
            megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            print(
                f"{count:,} files, {megabytes} MB at most, {max(0, end - time.monotonic()):.0f} s left",
                flush=True,
            )
            if megabytes > MOST_MB:
                raise Failed(f"The readers took {megabytes} MB.")
    except Failed as failed:
        place = Path("fuzz-output")
        place.mkdir(exist_ok=True)
        (place / "file").write_bytes(last[0])
        traceback.print_exception(failed)
        print(f"The file is {place / 'file'}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 600))
