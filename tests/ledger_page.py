"""The tables of docs/reference/ledger.md, made from the types: `python -m tests.ledger_page` writes them."""

from dataclasses import fields
from pathlib import Path

from commands.ledger.entries import EVENTS, Event

PAGE = Path(__file__).parents[1] / "docs/reference/ledger.md"
BEGIN = "<!-- made by `python -m tests.ledger_page` -->\n"
END = "<!-- end -->\n"


def tables() -> str:
    """Every kind of entry, by what it is about."""
    parts = []
    for title, events in EVENTS.items():
        parts.append(f"### {title}\n")
        parts.append("| kind | version | what it says | fields |\n| --- | --- | --- | --- |")
        parts.extend(_row(event) for event in events)
        parts.append("")
    return "\n".join(parts)


def written(page: str) -> str:
    """The page with the tables in their place."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{tables()}\n{END}{after}"


def _row(event: type[Event]) -> str:
    says = (event.__doc__ or "").partition("\n")[0]
    found = ", ".join(f"`{one.name}`: {_named(str(one.type))}" for one in fields(event)) or "none"
    return f"| `{event.KIND}` | {event.VERSION} | {says} | {found} |"


def _named(kind: str) -> str:
    return {
        "str": "text",
        "int": "number",
        "bool": "true or false",
        "datetime": "time",
        "tuple[str, ...]": "texts",
        "tuple[datetime, ...]": "times",
        "Mapping[str, str]": "texts by name",
        "Facts": "object",
        "Facts | None": "object or null",
    }[kind]


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text()))
