"""Everybody whom a hunt found, as a table for spreadsheets; each cell is harmless there."""

from __future__ import annotations

import csv
import io

from commands.csv_cells import harmless
from commands.hunts.hunt import Found

NAME = "accounts.csv"
COLUMNS = ("account", "points", "records", "first", "last", "why", "record_ids")


def hunt_csv(found: Found) -> bytes:
    """Write the table."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    for one in found.touched:
        times = [moment.isoformat() if moment else "" for moment in (one.first, one.last)]
        cells = [
            one.account,
            str(one.points),
            str(one.number),
            *times,
            "; ".join(one.why),
            " ".join(one.records),
        ]
        writer.writerow([harmless(cell) for cell in cells])
    return out.getvalue().encode("utf-8-sig")
