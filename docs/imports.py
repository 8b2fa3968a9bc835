"""Draw which rooms of the code import which: `python docs/imports.py OUT.png "TITLE=FOLDER" …`.

A folder is a checkout; `git worktree add FOLDER COMMIT` makes one of an earlier day. A room is a package
below `bot`, `commands` or `graph`; files that lie loose in these three are a room as well.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt
from PIL import Image

LAYERS = ("bot", "commands", "graph")
FLOOR, WIDTH = 4.0, 12.0
"""The distance of two layers, and the width of the picture, in the units of its axes."""

_EDGES = (
    "import grimp, json; graph = grimp.build_graph('bot', 'commands', 'graph', cache_dir=None);"
    "found = graph.find_modules_directly_imported_by;"
    "print(json.dumps({name: sorted(found(name)) for name in graph.modules}))"
)


def edges_of(folder: Path) -> dict[str, list[str]]:
    """Give what each module of a checkout imports."""
    done = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", _EDGES],
        cwd=folder,
        env={"PYTHONPATH": "."},
        capture_output=True,
        check=True,
        text=True,
    )
    edges: dict[str, list[str]] = json.loads(done.stdout)
    return edges


def room_of(module: str, modules: set[str]) -> str:
    """Give the room of a module: ``commands.clues.rules``, or ``bot`` for a loose file."""
    parts = module.split(".")
    packages = (".".join(parts[:depth]) for depth in (3, 2))
    return next((one for one in packages if any(m.startswith(f"{one}.") for m in modules)), parts[0])


def reached(module: str, edges: dict[str, list[str]]) -> set[str]:
    """Give everything that a module imports, itself or through others."""
    found: set[str] = set()
    left = [module]
    while left:
        for one in edges[left.pop()]:
            if one not in found:
                found.add(one)
                left.append(one)
    return found


def facts(edges: dict[str, list[str]]) -> dict[str, Any]:
    """Count what the picture is about: loose files, the longest chain of imports, and pairs of rooms."""
    modules = set(edges)

    below = {module: reached(module, edges) for module in modules}

    @cache
    def height(module: str) -> int:
        # Modules that import each other, as a package and its files do, stand on one floor.
        return 1 + max((height(one) for one in below[module] if module not in below[one]), default=0)

    pairs = Counter(
        (room_of(one, modules), room_of(other, modules)) for one, others in edges.items() for other in others
    )
    pairs = Counter({pair: count for pair, count in pairs.items() if pair[0] != pair[1]})
    rooms = {room_of(one, modules) for one in modules}
    loose = sum(room_of(one, modules) == "bot" for one in modules if one != "bot")
    inner = [room for room in rooms if "." in room]
    both = [(one, other) for one, other in pairs if one < other and (other, one) in pairs]
    # A package and a room inside it are one house.
    mutual = [
        f"{one} and {other}"
        for one, other in both
        if one in inner and other in inner and not other.startswith(f"{one}.")
    ]
    for file in sorted(modules - rooms):
        if room_of(file, modules) in LAYERS:
            used = {room_of(one, modules) for one in edges[file]}
            users = {room_of(one, modules) for one in modules if file in edges[one]}
            mutual += [f"{file} and {room}" for room in inner if room in used & users]
    return {
        "rooms": rooms,
        "pairs": pairs,
        "loose": loose,
        "chain": max(height(one) for one in modules),
        "mutual": mutual,
        "modules": len(modules),
    }


def draw(axes: Any, title: str, found: dict[str, Any]) -> None:
    """Draw the rooms as boxes, one layer below the other, and an arrow for each pair that imports."""
    places = {}
    for number, layer in enumerate(LAYERS):
        rooms = sorted(room for room in found["rooms"] if room.partition(".")[0] == layer)
        for place, room in enumerate(rooms):
            across = WIDTH * (place + 0.5) / len(rooms)
            places[room] = (across, -FLOOR * number - (1.3 if place % 2 else 0.0))
    for (one, other), count in found["pairs"].items():
        back = (other, one) in found["pairs"] and "." in one and "." in other
        axes.annotate(
            "",
            xy=places[other],
            xytext=places[one],
            arrowprops={
                "arrowstyle": "-|>",
                "color": "#c0392b" if back else "#7f8c8d",
                "alpha": 0.9 if back else 0.35,
                "lw": min(0.4 + count / 12, 2.2),
                "shrinkA": 12,
                "shrinkB": 12,
                "connectionstyle": "arc3,rad=0.08",
            },
        )
    for room, (across, down) in places.items():
        box = {"boxstyle": "round,pad=0.35", "fc": "#eaf2f8", "ec": "#34495e"}
        axes.text(
            across,
            down,
            room.partition(".")[2] or f"{room}/*.py",
            ha="center",
            va="center",
            fontsize=7,
            bbox=box,
        )
    for number, layer in enumerate(LAYERS):
        axes.text(-1.0, -FLOOR * number - 0.65, layer, fontsize=10, weight="bold", va="center")
    pairs = ", ".join(found["mutual"]) or "none"
    axes.set_title(
        f"{title}: {found['modules']} modules, {found['loose']} loose files in bot/, "
        f"{found['chain']} floors\n"
        f"rooms, or files and rooms, that import each other: {pairs}",
        fontsize=8,
        loc="left",
        wrap=True,
    )
    axes.set_xlim(-1.3, WIDTH + 0.3)
    axes.set_ylim(-2 * FLOOR - 2.2, 1.0)
    axes.axis("off")


def main(out: str, *pictures: str) -> None:
    """Draw one picture below the other."""
    figure, all_axes = plt.subplots(len(pictures), 1, figsize=(11, 6 * len(pictures)), squeeze=False)
    for axes, picture in zip(all_axes[:, 0], pictures, strict=True):
        title, _, folder = picture.partition("=")
        draw(axes, title, facts(edges_of(Path(folder))))
    figure.tight_layout()
    figure.savefig(out, dpi=90)
    Image.open(out).convert("RGB").quantize(32).save(out, optimize=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
