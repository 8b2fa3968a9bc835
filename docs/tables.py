"""The tables of README and docs/ that mirror code: `make docs` writes them in place, `make lint` compares.

A page says where a table stands by a comment that calls one of these functions; cog puts what it prints
between that comment and the next. What a row says belongs beside the code that the row is about.

Longer than other files because it is a list: one function for each table.
"""

from __future__ import annotations

import tomllib
import typing
from collections.abc import Collection, Iterable, Iterator
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any

import typer
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from bot.cli import command
from bot.cli.statuses import STATUSES
from bot.settings import Settings, Tenant, variables
from bot.setup import doctor_tenant, registrations
from bot.setup import init as onboarding
from bot.setup.capabilities import PARTS
from bot.setup.writes import to_know, writing
from bot.verbs.registry import VERBS
from commands import facts
from commands import steps as remedies
from commands import symptoms as signs_of
from commands.ledger.entries import EVENTS, Event
from commands.sigma import mapping as sigma
from commands.sigma.shapes import NAMES
from graph import alerts, contract
from graph.audit_log import files, forms
from graph.needs import of_source, of_writes
from graph.queries.registry import QUERIES
from sandbox.scenarios import SCENARIOS


def table(head: str, rows: Iterable[Iterable[str]]) -> str:
    """Give a Markdown table with a blank line before and after it.

    Args:
        head: The titles of the columns, with bars between.
        rows: The cells; a bar in one is escaped.
    """
    titles = [title.strip() for title in head.split("|")]
    lines = [titles, ["---"] * len(titles), *([_cell(cell) for cell in row] for row in rows)]
    return "\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines)


def name_of(module: object) -> str:
    """The id of a query, symptom or step: the name of its module."""
    return str(getattr(module, "__name__", "")).rpartition(".")[2]


def first_sentence(thing: object) -> str:
    """The first sentence of a docstring, without its stop."""
    text = " ".join((thing.__doc__ or "").split("\n\n")[0].split())
    return text.partition(" Source:")[0].rstrip(".")


def coded(names: Iterable[str]) -> str:
    """Names as code with commas between; words of more than one part, such as roles, stay words."""
    return ", ".join(name if " " in name else f"`{name}`" for name in names)


# README


def coverage() -> str:
    """How many symptoms and steps come from Microsoft's document, and how many lie beyond it."""
    looks = [one.SOURCE for one in signs_of.SYMPTOMS]
    acts = [one.SOURCE for one in remedies.STEPS]
    return table(
        '| in Microsoft\'s "Responding to a compromised email account" | additional',
        [
            _counted("[symptoms](docs/reference/symptoms.md)", looks, "symptom "),
            _counted("[steps](docs/reference/steps.md)", acts, "step "),
        ],
    )


def export_forms() -> str:
    """The forms that other products give records, and the source of each."""
    rows = [
        [name[:1].upper() + name[1:], "Microsoft's own form", f"[page]({url})", _fields(columns)]
        for name, (columns, url) in files.OWN.items()
    ]
    for one in forms.FORMS:
        what, _, source = " ".join((one.__doc__ or "").split()).partition(" Source: ")
        pages = ", ".join(f"[{number}]({url})" for number, url in enumerate(one.URL, 1))
        rows.append([what.rstrip("."), source.rstrip("."), pages, _fields(one.COLUMNS)])
    return table("what it is | described in | pages | usual fields", rows)


# docs/how-to/run-sigma-rules.md


def sigma_mapping() -> str:
    """What log sources and fields of Sigma rules mean here, with the source of each."""
    sources = [
        [", ".join(one.products), ", ".join(one.services) or "every other", _meant(one), one.source]
        for one in sigma.log_sources()
    ]
    fields = [
        [NAMES[one.table], _fields(one.names), _fields(one.places), one.source]
        for one in sigma.rows_of_places()
    ]
    return (
        table("product | service | looks at | source", sources)
        + "\n"
        + table("in | field of a rule | what it is compared with | source", fields)
    )


def _meant(one: sigma.LogSource) -> str:
    return NAMES[one.table] if one.table else f"nothing: {one.instead} are not collected"


def _fields(columns: Collection[str]) -> str:
    return ", ".join(f"`{one}`" for one in sorted(columns))


def _counted(what: str, sources: list[str], of_the_document: str) -> list[str]:
    named = {source.partition(",")[0] for source in sources if source.startswith(of_the_document)}
    beyond = sum(not source.startswith(of_the_document) for source in sources)
    return [what, str(len(named)), str(beyond)]


# docs/reference/sources.md


def sources() -> str:
    """Where a check looks, with what it needs."""
    return table(
        "source | what | needs | license",
        (
            [f"`{name_of(query)}`", first_sentence(query), coded(of_source(query.ASKS)), query.LICENSE]
            for query in QUERIES
        ),
    )


# docs/how-to/take-alerts-in.md


def alert_sources() -> str:
    """The sources of alerts, with what each needs."""
    rows = contract.endpoints()
    told = []
    for name, source in alerts.SOURCES.items():
        path = source.ask(datetime(2026, 1, 1, tzinfo=UTC)).path
        license_ = next(row.license for row in rows if row.path == path and row.method == "GET")
        told.append([f"`{name}`", source.says, f"`{path}`", coded([source.needs]), license_])
    return table("source | of | asked | needs | license", told)


def alert_kinds() -> str:
    """The kinds of alerts, with the parts of titles that tell them."""
    return table(
        "kind | where the title has one of",
        ([f"`{name}`", ", ".join(one.names)] for name, one in sorted(facts.alert_names().items())),
    )


# docs/reference/symptoms.md and verdict.md


def symptoms() -> str:
    """What a check looks for, with the sources that it needs."""
    return table(
        "symptom | what | source | needs | helps",
        (
            [f"`{name_of(one)}`", one.TITLE, one.SOURCE, _either(one.NEEDS), _either(one.HELPS)]
            for one in signs_of.SYMPTOMS
        ),
    )


def signs() -> str:
    """Every sign with its weight and the reason for it."""
    return table(
        "sign | symptom | points | technique | why",
        (
            [f"`{sign.id}`", f"`{name_of(one)}`", str(int(sign.severity)), sign.technique, sign.why]
            for one in signs_of.SYMPTOMS
            for sign in one.SIGNS
        ),
    )


def detections() -> str:
    """Every known detection with the signs that find it, the first of them its own."""
    named = {sign.id: sign for one in signs_of.SYMPTOMS for sign in one.SIGNS}
    rows = []
    for number, row in tomllib.loads((Path(__file__).parent / "detections.toml").read_text()).items():
        found = [named[name] for name in row["signs"]]
        techniques = ", ".join(dict.fromkeys(sign.technique for sign in found))
        test = Path(row["test"]).name
        link = f"[{test}](../../{row['test']})"
        signs = coded(sign.id for sign in found)
        rows.append([number, row["says"], signs, techniques, coded(row["evidence"]), link])
    return table("source id | what | signs | techniques | any of these sources | test", rows)


def operations() -> str:
    """The operations of the audit log, with the page of Microsoft's that lists each."""
    pages = facts.sources()
    rows = []
    for name, one in facts.operations().items():
        short, _, section = one.source.partition(", ")
        rows.append([f"`{name}`", f"{pages[short]}{f' ({section})' if section else ''}", one.note])
    return table("operation | page | note", rows)


def deciding() -> str:
    """The sources that must have been seen before anyone may say that there is no sign."""
    return table("sources | why", ([_either((one.any_of,)), one.why] for one in facts.deciding()))


def points() -> str:
    """What speaks for an address's being someone else's, and against it."""
    return table(
        "points | when | explained by being somewhere new | what would make it harmless",
        (
            [
                f"{one.points:+d}",
                one.why,
                "no" if one.telling else "yes" if one.points > 0 else "",
                one.harmless,
            ]
            for one in facts.points().values()
        ),
    )


def _either(needs: tuple[str | tuple[str, ...], ...]) -> str:
    words = [
        " or ".join(f"`{name}`" for name in ((need,) if isinstance(need, str) else need)) for need in needs
    ]
    return ", ".join(words) or "none"


# docs/reference/steps.md


def steps() -> str:
    """What can be done, with how many people it takes and what its writes need."""
    return table(
        "step | what | source | plans | undo | people | permissions",
        (
            [
                f"`{name_of(step)}`",
                step.TITLE,
                step.SOURCE,
                step.PLANS,
                step.UNDO,
                step.PEOPLE,
                coded(of_writes(step.WRITES)) or "none",
            ]
            for step in remedies.STEPS
        ),
    )


# docs/reference/permissions.md


def to_grant() -> str:
    """The application permissions of Graph that a check needs, one a line."""
    return "\n" + "".join(f"- `{name}`\n" for name in registrations.of_graph(registrations.to_read()))


def to_hold() -> str:
    """The cmdlets of Exchange and Purview that a check needs."""
    needs = registrations.to_read()
    purview = coded(registrations.cmdlets(needs, "Purview"))
    return f"\n{coded(registrations.cmdlets(needs))}; in Purview {purview}\n"


def included() -> str:
    """The permissions that would do in place of those that the bot names."""
    return table(
        "named here | would do as well | does a part only",
        (
            [coded([name]), coded(row.included_in), f"{coded(row.less)}: {row.why_less}" if row.less else ""]
            for name, row in contract.permissions().items()
            if row.included_in or row.less
        ),
    )


def needed() -> str:
    """What each source needs, and the symptoms that rest on it."""
    return table(
        "source | permissions | license | symptoms that rest on it",
        (
            [coded([row.source]), coded(row.permissions), row.license, coded(row.symptoms)]
            for row in doctor_tenant.table()
        ),
    )


def finer() -> str:
    """What is lost inside a source while the rest of it is seen."""
    return table(
        "what a responder sees | source | needs | without it",
        (
            [part.what, coded([source]), coded([part.need]), part.without]
            for source, parts in PARTS.items()
            for part in parts
        ),
    )


def opening() -> str:
    """The directory roles that open Exchange and Purview to an application."""
    return table(
        "directory role | Exchange | Purview",
        (
            [name, *("yes" if service in row.opens else "no" for service in ("exchange", "compliance"))]
            for name, row in contract.roles().items()
            if row.opens
        ),
    )


def to_write() -> str:
    """What the steps write with, and what a person who grants it should know."""
    return table(
        "to write | steps | risk, and what to know",
        ([coded([need]), coded(steps), to_know(need)] for need, steps in writing()),
    )


def order() -> str:
    """The order in which changes are made."""
    return "\n" + "".join(f"{number}. `{name}`\n" for number, name in enumerate(remedies.ORDER, 1))


# docs/reference/commands.md


def verbs() -> str:
    """What can be typed in Slack."""
    return table(
        "command | what happens",
        ([f"`{f'/compromise {verb.NAME} {verb.USAGE}'.rstrip()}`", verb.SAYS] for verb in VERBS if verb.SAYS),
    )


# docs/reference/command_line.md


def statuses() -> str:
    """What the command ends with."""
    return table("status | means", ([str(status), says] for status, says in STATUSES.items()))


def options(verb: str) -> str:
    """The options of one verb, such as ``ledger verify``."""
    found: Any = typer.main.get_command(command.app)
    for word in verb.split():
        found = found.commands[word]
    named = (one for one in found.params if one.opts[0].startswith("--"))
    return table(
        "option | means | default",
        ([f"`{one.opts[0]}`", one.help, "" if one.is_flag else _value(one.default)] for one in named),
    )


def scenarios() -> str:
    """What can be played on this machine."""
    return table("SCENARIO | is", ([f"`{name}`", says] for name, says in SCENARIOS.items()))


def answers() -> str:
    """What `compromise init` asks."""
    return table(
        "answer | what | default",
        (
            [
                f"`{question.key}`",
                question.asks,
                _value(question.default({})) if question.default else "must be given",
            ]
            for question in onboarding.QUESTIONS
        ),
    )


# docs/reference/settings.md


def settings(*keys: str) -> str:
    """The settings below some keys of the file."""
    found = (row for row in _settings(Settings, ()) if row[0][0] in keys)
    return _settings_table((".".join(where), where, field) for where, field in found)


def tenant_settings() -> str:
    """The settings of a tenant."""
    found = _settings(Tenant, ("tenant",))
    return _settings_table((".".join(where[1:]), where, field) for where, field in found)


def _settings(model: type[BaseModel], above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], FieldInfo]]:
    for name, field in model.model_fields.items():
        inner = [kind for kind in typing.get_args(field.annotation) or (field.annotation,) if _is_model(kind)]
        if inner:
            yield from _settings(inner[0], (*above, name))
        else:
            yield (*above, name), field


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _settings_table(rows: Iterable[tuple[str, tuple[str, ...], FieldInfo]]) -> str:
    names: dict[tuple[str, ...], list[str]] = {}
    for name, (where, _) in variables():
        names.setdefault(where, []).append(name)
    return table(
        "key | variable | what | default",
        (
            [
                f"`{key}`" if where in names else f"`[{key}]`",
                coded(names.get(where, ["only in the file"])),
                field.description or "",
                "must be given" if field.is_required() else _value(field.default),
            ]
            for key, where, field in rows
        ),
    )


def _value(default: Any) -> str:
    """A default as people type it; "" where nothing stands for it."""
    match default:
        case bool():
            return f"`{str(default).lower()}`"
        case timedelta():
            unit, text = (
                (86400, "d")
                if not default.seconds
                else (3600, "h")
                if not default.seconds % 3600
                else (60, "m")
            )
            return f"`{default // timedelta(seconds=unit)}{text}`"
        case Enum():
            return f"`{default.value}`"
        case str() | int() | Path():
            return f"`{default}`" if str(default) else ""
    return ""


# docs/reference/ledger.md


def entries() -> str:
    """Every kind of entry, by what it is about."""
    return "".join(
        f"\n### {title}\n"
        + table("kind | version | what it says | fields", (_entry(event) for event in events))
        for title, events in EVENTS.items()
    )


def _entry(event: type[Event]) -> list[str]:
    says = (event.__doc__ or "").partition("\n")[0]
    found = ", ".join(f"`{one.name}`: {_PLAIN[str(one.type)]}" for one in fields(event)) or "none"
    return [f"`{event.KIND}`", str(event.VERSION), says, found]


_PLAIN = {
    "str": "text",
    "int": "number",
    "bool": "true or false",
    "datetime": "time",
    "tuple[str, ...]": "texts",
    "tuple[datetime, ...]": "times",
    "Mapping[str, str]": "texts by name",
    "Facts": "object",
    "Facts | None": "object or null",
}


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
