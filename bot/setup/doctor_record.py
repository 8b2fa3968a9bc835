"""`compromise doctor --record`: what Microsoft really answers, in a form that may be shown to anyone.

No one who builds the bot has a tenant of every kind. Whoever has one can record the shape of every answer
and attach it to a bug report: names and enumerations of Microsoft's own, kinds, lengths and counts, and
where they differ from the contract. Nothing is written that the tenant said.
"""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from bot.setup.doctor_tenant import Forgets
from bot.version import own_version
from graph.accounts import find_subject
from graph.collect import collect
from graph.connection import Connection
from graph.drift import Difference, absent_fields, items_in, named, new_fields, refusal, shown_code
from graph.errors import GraphError, NoSuchUser
from graph.question import Question, Window
from graph.request import Cmdlet, Request
from graph.settings import TenantSettings
from graph.shapes import HIDDEN, Names, Seen, shape_for, texts_in
from graph.wire import Reply

ANSWERS, DRIFT = "answers.json", "drift.md"
MADE_BY: Final = f"compromise-bot {own_version()}"
PATIENCE: Final = 120.0
"""Seconds for all questions together; the audit log's search is the slowest."""

_OPTIONS: Final = ("$select", "$expand", "$top", "$count", "$orderby")
"""Options whose values are ours; `$filter` and `$search` hold the tenant's."""

_COUNTING: Final = ("Retry-After", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
"""Headers whose numbers are told."""

_COUNT: Final = re.compile(r"[0-9]{1,7}")
_TELLING: Final = ("Location", "Preference-Applied", "WWW-Authenticate", "x-ms-throttle-scope")
"""Headers of which only is told that they came."""


_HOW_TO_READ: Final = (
    "Microsoft adds fields and omits empty ones without notice, so a line here is not always a fault:",
    "",
    "- *received, not in the contract*: the bot does not know this field and ignores it",
    "- *in the contract, not received*: the bot requested this field, and no response had it",
    "- *null, which the contract rules out*: the bot may misread this",
    "- *refused …, which is not in the contract*: the bot reported it, perhaps with the wrong fix",
    "",
    "Attach this page and `answers.json` to the bug report, and say what the bot got wrong.",
)


class NotRecorded(Exception):
    """Nothing was written; the text says why and what to do.

    Attributes:
        asked_wrongly: Whether the account or the folder that was named is at fault.
    """

    def __init__(self, text: str, *, asked_wrongly: bool = False) -> None:
        super().__init__(text)
        self.asked_wrongly = asked_wrongly


@dataclass(slots=True)
class _Asked:
    """One question with everything that came back for it, page by page."""

    what: Request | Cmdlet
    replies: list[Reply] = field(default_factory=list)


class Recording:
    """Keeps every answer in memory; an `Observer`. Any thread may call it."""

    def __init__(self) -> None:
        self._asked: dict[str, _Asked] = {}
        self._lock = threading.Lock()

    def __call__(self, what: Request | Cmdlet, reply: Reply) -> None:
        """Keep one page."""
        with self._lock:
            self._asked.setdefault(_question(what), _Asked(what)).replies.append(reply)

    def files(self, settings: TenantSettings, user: str = "") -> Mapping[str, str]:
        """What is to be written, by file name; nothing of the tenant is in it.

        Args:
            settings: The tenant, whose name and domains are no part of any name or code that is told.
            user: Who was asked about; what is true of the tenant's name is true of theirs.
        """
        names, named_here = Names(), Names()
        for text in (settings.name, *settings.domains, user):
            names.learn(text)
            named_here.learn(text)
        with self._lock:
            asked = sorted(self._asked.items())
        for _, one in asked:
            for reply in one.replies:
                for text in texts_in([*items_in(reply)]):
                    names.learn(text)
        told, differences = [], set[Difference]()
        for _, one in asked:
            entry, found = _entry(one, names, named_here)
            told.append(entry)
            differences |= found
        return {
            ANSWERS: _answers_page(told),
            DRIFT: drift_page(sorted(differences), len(told)),
        }


def record(tenants: Sequence[TenantSettings], user: str) -> Mapping[str, str]:
    """Ask everything once about one account, changing nothing, and give back the files.

    Args:
        tenants: Where to look for the account.
        user: The account, by address or object id.

    Raises:
        NotRecorded: the account could not be found, or no tenant lets us in.
    """
    whys: dict[str, GraphError] = {}
    for settings in tenants:
        recording = Recording()
        with Connection(settings, observer=recording, reads_only=True) as connection:
            try:
                subject = find_subject(user, connection)
            except GraphError as error:
                whys[settings.name] = error
                continue
            now = datetime.now(UTC)
            question = Question(subject, Window(now - timedelta(days=1), now))
            for _ in collect(question, connection, Forgets(), patience=PATIENCE):
                pass  # the recording has seen it
        return recording.files(settings, " ".join((user, subject.display_name, *subject.addresses)))
    told = " ".join(f"{name}: {error.sentence}" for name, error in whys.items())
    unknown = all(isinstance(error, NoSuchUser) for error in whys.values())
    raise NotRecorded(f"{told} Nothing was recorded.", asked_wrongly=unknown)


def claim(folder: Path) -> None:
    """Make the folder that the files are to be written into, before anything is asked.

    Raises:
        NotRecorded: the folder holds something, or cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        full = any(folder.iterdir())
    except OSError as error:
        why = f"{folder} cannot be written: {error.strerror or error}."
        raise NotRecorded(why, asked_wrongly=True) from error
    except ValueError as error:  # a null character, or half a character
        why = f"{str(folder)!r} cannot be a folder's name: {error}. Name another one."
        raise NotRecorded(why, asked_wrongly=True) from error
    if full:
        why = f"{folder} is not empty. Choose a new folder, so that it holds only the record."
        raise NotRecorded(why, asked_wrongly=True)


def write(files: Mapping[str, str], folder: Path) -> None:
    """Write the files into a folder that was claimed.

    Raises:
        NotRecorded: the folder cannot be written.
    """
    try:
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise NotRecorded(f"{folder} cannot be written: {error.strerror or error}.") from error


def show(files: Mapping[str, str], console: Console) -> None:
    """Print the files exactly as they will be written."""
    for name, text in files.items():
        console.print(f"--- {name}", markup=False, highlight=False)
        console.print(text, markup=False, highlight=False, soft_wrap=True, end="")
    console.print(summary(files), markup=False, highlight=False, soft_wrap=True)


def summary(files: Mapping[str, str]) -> str:
    """What someone has to know who says yes: how much it is, and every value that is told of any answer."""
    questions = json.loads(files[ANSWERS])["questions"]
    fields = [told for one in questions for told in one["fields"].values()]
    values = sorted({value for told in fields for value in told.get("values", ())})
    differences = files[DRIFT].partition("\n## ")[2].count("\n- ")
    return "\n".join(
        (
            "--- summary",
            f"{ANSWERS}: {len(questions)} requests; type, length and count of {len(fields)} fields.",
            f"Values included, all of them Microsoft's own terms: {', '.join(values) or 'none'}.",
            f"{DRIFT}: {differences} differences from Microsoft's documents.",
        )
    )


def drift_page(differences: list[Difference], questions: int) -> str:
    """The page about where the answers differ from the contract."""
    lines = [
        "# Where responses differ from the contract",
        "",
        f"{questions} requests were sent by {MADE_BY}. The contract is the tables in `graph/contract/`.",
        "",
    ]
    lines += _HOW_TO_READ if differences else ["No differences."]
    where = ""
    for one in differences:
        if one.where != where:
            where = one.where
            lines += ["", f"## `{where}`", ""]
        lines.append(f"- {one.what}")
    return "\n".join(lines) + "\n"


def _answers_page(questions: Sequence[Mapping[str, Any]]) -> str:
    """JSON with a line for each field, so that people can read it before they give it away."""
    pages = []
    for one in questions:
        lines = [f"  {json.dumps(key)}: {_line(value)}" for key, value in one.items() if key != "fields"]
        fields = ",\n".join(f"   {json.dumps(place)}: {_line(seen)}" for place, seen in one["fields"].items())
        lines.append(f'  "fields": {{\n{fields}\n  }}')
        pages.append(" {\n" + ",\n".join(lines) + "\n }")
    return f'{{"made by": {json.dumps(MADE_BY)},\n"questions": [\n' + ",\n".join(pages) + "\n]}\n"


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _question(what: Request | Cmdlet) -> str:
    """What makes two questions the same one: the pattern, and which fields were asked for."""
    if isinstance(what, Cmdlet):
        return " ".join((named(what), *sorted(what.parameters), *what.select))
    return " ".join((named(what), *(f"{name}={what.query[name]}" for name in _OPTIONS if name in what.query)))


def _entry(asked: _Asked, names: Names, named_here: Names) -> tuple[dict[str, Any], set[Difference]]:
    """One question as it is told, and where its answers differ."""
    what, shape = asked.what, shape_for(asked.what, names)
    found: set[Difference] = set()
    for reply in asked.replies:
        if reply.ok:
            for item in items_in(reply):
                shape.take(item)
        else:
            unforeseen = refusal(what, reply, named_here)
            found |= {unforeseen} if unforeseen is not None else set()
    found |= {*new_fields(what, shape), *absent_fields(what, shape)}
    entry: dict[str, Any] = {"asked": named(what)}
    if isinstance(what, Cmdlet):
        entry["parameters"] = sorted(what.parameters)
        entry["select"] = list(what.select)
    else:
        entry["options"] = {name: what.query[name] if name in _OPTIONS else "…" for name in what.query}
        entry["headers sent"] = sorted(what.headers)
    entry["answers"] = [
        {"times": times, **json.loads(text)}
        for text, times in sorted(Counter(_outcome(reply, named_here) for reply in asked.replies).items())
    ]
    entry["items"] = shape.items
    entry["fields"] = {place: _told(seen) for place, seen in sorted(shape.places.items())}
    return entry, found


def _outcome(reply: Reply, named_here: Names) -> str:
    """Status, error code and headers of an answer, as a text that can be counted."""
    headers: dict[str, str] = {}
    kind = str(reply.headers.get("Content-Type") or "").partition(";")[0].strip().casefold()
    headers["Content-Type"] = kind if kind in ("application/json", "text/html", "text/plain", "") else HIDDEN
    for name in _COUNTING:
        value = str(reply.headers.get(name) or "")
        if value:
            headers[name] = value if _COUNT.fullmatch(value) else "(not a small number)"
    headers |= {name: "(came)" for name in _TELLING if reply.headers.get(name)}
    code = "" if reply.ok else shown_code(reply, named_here)
    return json.dumps({"status": reply.status, **({"code": code} if code else {}), "headers": headers})


def _told(seen: Seen) -> dict[str, Any]:
    told: dict[str, Any] = {"times": seen.times, "is": sorted(seen.kinds)}
    if seen.shortest is not None:
        told["length"] = [seen.shortest, seen.longest]
    if seen.values:
        told["values"] = sorted(seen.values)
    if seen.closed and seen.known is None:
        told["in the table"] = False
    return told
