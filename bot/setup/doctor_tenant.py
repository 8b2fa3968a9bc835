"""What `compromise doctor` tells of a tenant: what the bot may read and do there, and what each gap costs.

The table of permissions is made from the queries themselves, and the reference page is checked against it.
The look into a tenant is the truth test: every question that a check asks is asked once, about one account
and one day, and what comes back unavailable is named with what would mend it. Writes are never tried: tokens
say which permissions and directory roles an application holds, and Exchange lists the cmdlets that it would
let the application run.

Longer than other files because every line is made from the same look into the tenant.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.setup.capabilities import (
    PARTS,
    STANDS_IN,
    Held,
    Part,
    impossible,
    label,
    lacks,
    to_write_with,
    undoes,
)
from bot.setup.doctor_findings import Line
from bot.setup.doctor_held import held_by
from bot.setup.next_steps import grant, license_for
from commands.report import spoken
from commands.steps import STEPS
from commands.symptoms import SYMPTOMS
from graph import contract
from graph.accounts import find_subject
from graph.collect import collect
from graph.connection import Connection
from graph.effects import Item
from graph.errors import CannotSignIn, GraphError, NoLicense, NoPermission, NoSuchUser, NotFound, Refused
from graph.evidence import SOURCES, Known, Reason, Source, Unavailable
from graph.limits import Deadline
from graph.needs import MANAGE_AS_APP, cmdlet_of, of_source, of_writes, role_with, service_of
from graph.parts.reading import needed_for
from graph.queries.registry import QUERIES
from graph.question import Question, Subject, Window
from graph.request import Cmdlet, Request

_SECONDS = 60.0
_NOT_THE_APPS_FAULT = frozenset({Reason.TIME, Reason.NO_MAILBOX, Reason.NOT_FOUND, Reason.THROTTLING})


@dataclass(frozen=True, slots=True)
class Row:
    """One source: what it needs, and what is lost without it.

    Attributes:
        source: Its id.
        permissions: Application permissions of Graph, and Exchange roles, of which all are needed.
        license: The license that the tenant needs for it, or "".
        symptoms: The ids of the symptoms that no one may call absent without it.
        helps: The ids of those that only see more with it.
    """

    source: str
    permissions: tuple[str, ...]
    license: str
    symptoms: tuple[str, ...]
    helps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Asked:
    """One request or cmdlet of a question, with what came back."""

    source: str
    what: Request | Cmdlet
    answer: list[Item] | GraphError

    @property
    def worked(self) -> bool:
        """Whether it was let through: that there is no such thing is an answer too."""
        return isinstance(self.answer, list | NotFound)


def table() -> tuple[Row, ...]:
    """The permission table: a row for every source, in the order of the queries."""
    rows = []
    for query in QUERIES:
        source = query.__name__.rpartition(".")[2]
        needing = tuple(_name(symptom) for symptom in SYMPTOMS if source in _flat(symptom.NEEDS))
        helped = tuple(_name(symptom) for symptom in SYMPTOMS if source in symptom.HELPS)
        rows.append(Row(source, of_source(query.ASKS), query.LICENSE, needing, helped))
    return tuple(rows)


def look_at_tenant(
    connection: Connection,
    user: str | None,
    *,
    sources: Sequence[str] = SOURCES,
    check_only: bool = False,
) -> list[Line]:
    """Sign in everywhere, see what the applications hold, and ask every question once.

    Args:
        connection: The tenant.
        user: The account to try the questions on; any account when None.
        sources: The ids of the sources to ask.
        check_only: Leave out what only the steps need.

    Raises:
        CannotSignIn: Graph gives no token.
        GraphError: the login service does not answer.
    """
    deadline = Deadline(_SECONDS)
    lines, reading = held_by(connection, deadline, to_write=False)
    recorded: list[_Asked] = []
    listed = True
    try:
        subject = find_subject(user, connection) if user else _anybody(connection, deadline)
    except NoSuchUser as error:
        return [*lines, Line(there=False, what="test account", says=error.sentence)]
    except CannotSignIn:
        raise
    except GraphError as error:
        says = f"{error.sentence} Without User.Read.All no account can be found, so nothing can be collected."
        mend = grant(["User.Read.All"]) if isinstance(error, NoPermission) else ()
        seen = [Line(there=False, what="user", says=says, mend=mend), *_by_token(reading)]
    else:
        answers = _ask(connection, subject, sources, recorded)
        listed = _fits(reading, recorded)
        if not listed:
            says = "Exchange's list of cmdlets contradicts its responses, so only what was tested is shown"
            lines.append(Line(there=None, what="which cmdlets the roles hold", says=says))
            reading = replace(reading, exchange=None, compliance=None)
        lines += _no_role_at_all(reading)
        seen = [Line(there=None, what="tested on", says=subject.user_principal_name)]
        for row in table():
            if row.source in answers:
                own = [one for one in recorded if one.source == row.source]
                seen += _source(row, answers[row.source], own, reading)
    seen += _drift(connection)
    if check_only:
        return [*lines, *seen]
    return [*lines, *seen, *_to_write(connection, reading, listed=listed)]


def _drift(connection: Connection) -> Iterator[Line]:
    """One line where Microsoft's answers were not as the contract says."""
    found = connection.drift.found
    if found:
        first = f"{found[0].where}: {found[0].what}"
        more = f", and {len(found) - 1} more" if len(found) > 1 else ""
        says = f"{first}{more}. To report them: `compromise doctor --record FOLDER --user ACCOUNT`"
        yield Line(there=None, what="responses that differ from Microsoft's documentation", says=says)


def _fits(held: Held, recorded: Sequence[_Asked]) -> bool:
    """Whether the lists of cmdlets fit what came back of those that were run."""
    for one in recorded:
        if isinstance(one.what, Cmdlet):
            has = held.has(_needed(one.what))
            refused = isinstance(one.answer, NoPermission) and one.answer.needs == _needed(one.what)
            if (has is False and one.worked) or (has and refused):
                return False
    return True


def _no_role_at_all(held: Held) -> Iterator[Line]:
    """Say it in one line where Exchange lets an application in that may run nothing there."""
    if held.has(MANAGE_AS_APP) and held.exchange == frozenset():
        opening = {row.id: name for name, row in contract.roles().items() if "exchange" in row.opens}
        given = sorted(opening[role] for role in held.roles or () if role in opening)
        says = f"there is none, so {MANAGE_AS_APP} has no effect; assign Global Reader, or a role group"
        if given:
            says = f"Exchange lets it run no cmdlets, although {' and '.join(given)} should allow it"
        mend = () if given else ("Assign the application the directory role Global Reader",)
        yield Line(there=False, what="a role in Exchange", says=says, mend=mend)


def _needed(cmdlet: Cmdlet) -> str:
    return role_with(service_of(cmdlet), cmdlet.name)


def _to_write(connection: Connection, reading: Held, *, listed: bool) -> list[Line]:
    """Say which steps could be carried out, by which application.

    Args:
        connection: The tenant.
        reading: What the application holds that reads.
        listed: Whether Exchange's lists of cmdlets proved true; where they did not, none of them counts.
    """
    if connection.settings.remediate is None:
        return what_steps_can(reading)
    try:
        lines, writing = held_by(connection, Deadline(_SECONDS), to_write=True)
    except GraphError as error:
        no = isinstance(error, CannotSignIn)
        ends = "No remediation is possible." if no else "Unknown whether remediation is possible."
        what = "sign-in to Graph of the remediate application"
        return [Line(there=False if no else None, what=what, says=f"{error.sentence} {ends}")]
    if not listed:
        writing = replace(writing, exchange=None, compliance=None)
    lines += _no_role_at_all(writing)
    if needless := to_write_with(reading):
        says = f"has {', '.join(needless)}; only the remediate application needs this, so remove it here"
        lines.append(Line(there=None, what="the investigate application", says=says))
    return [*lines, *what_steps_can(writing, meant=True)]


def what_steps_can(held: Held, *, meant: bool = False) -> list[Line]:
    """Say of every step that writes whether it could be carried out.

    A check needs none of it, so an application that was given nothing to write with lacks nothing.

    Args:
        held: What the application holds that writes.
        meant: Whether it is there to write, whatever it holds.
    """
    if not meant and not to_write_with(held):
        if held.permissions is None:
            return []
        says = "none granted: the bot only investigates, and all remediation is manual"
        return [Line(there=None, what="write permissions", says=says)]
    lines = []
    whose = "the remediate application" if meant else "the application"
    for step in STEPS:
        needs = of_writes(step.WRITES)
        if not needs:
            continue
        found = list(impossible(step, held))
        there = False if any(certain for certain, _ in found) else None if found else True
        says = "; ".join(dict.fromkeys(said for _, said in found))
        lacked = [need for need in (*needs, *undoes(step)) if held.has(need) is False]
        mend = grant((need for need in lacked if not _shut_out(need, held)), whose)
        lines.append(Line(there=there, what=f"the step {label(step)}", says=says, mend=mend))
    over = contract.roles_over_administrators()
    if not any(contract.roles()[name].id in (held.roles or ()) for name in over):
        says = f"are manual without the directory role {over[0]}"
        lines.append(Line(there=None, what="passwords and sign-in of administrators", says=says))
    return lines


def _ask(
    connection: Connection, subject: Subject, sources: Sequence[str], recorded: list[_Asked]
) -> dict[str, Source[Any]]:
    """Ask the sources about one day, and note every answer on the way: a second one may stand in for it."""
    now = datetime.now(UTC)
    question = Question(subject=subject, window=Window(now - timedelta(days=1), now))

    def note(source: str, asked: Request | Cmdlet, answer: list[Item] | GraphError) -> None:
        recorded.append(_Asked(source, asked, answer))

    return {
        arrived.source: arrived.answer
        for arrived in collect(
            question, connection, Forgets(), patience=_SECONDS, sources=sources, recorder=note
        )
    }


def _source(row: Row, answer: Source[Any], recorded: Sequence[_Asked], held: Held) -> Iterator[Line]:
    """One line for the source as a whole, and one for everything in it that has a need of its own."""
    told: set[str] = set()
    finer = []
    for part in PARTS.get(row.source, ()):
        line, need = _part(part, answer, recorded, held)
        if isinstance(answer, Unavailable) and (line.there is not False or need == answer.needs):
            continue
        if line.there is False:
            told.add(need)
        if not _shut_out(need, held):
            finer.append(line)
    what = spoken(row.source)
    if isinstance(answer, Unavailable):
        apps_fault = answer.reason not in _NOT_THE_APPS_FAULT
        says = _gap(row, answer, held)
        yield Line(there=False if apps_fault else None, what=what, says=says, mend=_mends(row, answer, held))
    else:
        missing = [text for text in answer.missing if needed_for(text) not in told]
        needs = [need for text in missing if (need := needed_for(text))]
        says = f"partially collected: {'; '.join(missing)}" if missing else ""
        mend = grant(needs)
        yield Line(there=False if needs else None if missing else True, what=what, says=says, mend=mend)
    yield from finer
    if row.source == "audit_log":
        yield from _versions(recorded)


def _part(part: Part, answer: Source[Any], recorded: Sequence[_Asked], held: Held) -> tuple[Line, str]:
    """What came back for a part of a source, and what it lacks; untried, it is read off what is held."""
    answers = [one for one in recorded if part.is_asked_by(one.what)]
    failed = [one.answer for one in answers if isinstance(one.answer, GraphError)]
    if any(isinstance(one.answer, list) or (one.worked and isinstance(part.asks, Cmdlet)) for one in answers):
        return Line(there=True, what=part.what), ""
    if failed:
        error = failed[-1]
        if isinstance(error, NotFound) and not part.must_be_there:
            return Line(there=True, what=part.what), ""
        if isinstance(error, NoLicense):
            says = f"not collected, the tenant lacks the license {error.needs}. {part.without}"
            mend = (license_for(error.needs),)
            return Line(there=False, what=part.what, says=says, mend=mend), error.needs
        if isinstance(error, NoPermission):
            says = f"not collected, {lacks(part.need)}. {part.without}"
            return Line(there=False, what=part.what, says=says, mend=grant([part.need])), part.need
        certain = part.must_be_there and isinstance(error, CannotSignIn | NotFound | Refused)
        says = f"not collected: {error.sentence} {part.without}"
        return Line(there=False if certain else None, what=part.what, says=says), ""
    named = isinstance(answer, Known) and part.need in map(needed_for, answer.missing)
    has = False if named else held.has(part.need)
    if has is None:
        says = f"needs {part.need}; unknown whether it is granted"
        return Line(there=None, what=part.what, says=says), ""
    if has:
        return Line(there=True, what=part.what), ""
    says = f"not collected, {lacks(part.need)}. {part.without}"
    return Line(there=False, what=part.what, says=says, mend=grant([part.need])), part.need


def _shut_out(need: str, held: Held) -> bool:
    """Whether a cmdlet is lacking because Exchange does not let the application in at all."""
    return bool(cmdlet_of(need)[1]) and held.has(MANAGE_AS_APP) is False


def _versions(recorded: Sequence[_Asked]) -> Iterator[Line]:
    """Say when only one version of Graph's audit search is there."""
    # A search that several checks share is handed in once for all: what is read from it tells its version.
    asked = [(one.what.version, _is_there(one)) for one in recorded if isinstance(one.what, Request)]
    absent = {version for version, is_there in asked if not is_there}
    there = {version for version, is_there in asked if is_there}
    for version in sorted(absent - there):
        if there:
            says = f"not available; {' and '.join(sorted(there))} is used instead"
            yield Line(there=None, what=f"audit log, searched through Graph {version}", says=says)


def _is_there(one: _Asked) -> bool:
    return not isinstance(one.answer, NotFound)


def _gap(row: Row, answer: Unavailable, held: Held) -> str:
    """Say that a source is not visible, why, and what is left."""
    needs = ", ".join(_lacked(row, answer, held))
    match answer.reason:
        case Reason.PERMISSION if needs:
            why = f", {lacks(needs)}."
        case Reason.LICENSE if needs:
            why = f", the tenant lacks the license {needs}."
        case _:
            mend = f" It needs {needs}." if needs and needs not in answer.says else ""
            why = f": {answer.says.rstrip('.')}.{mend}"
    return " ".join(filter(None, (f"not collected{why}", STANDS_IN.get(row.source, ""), cost(row))))


def _lacked(row: Row, answer: Unavailable, held: Held) -> tuple[str, ...]:
    """What a source that is not visible needs: as its answer says, or else as the tokens do."""
    if answer.needs:
        return (answer.needs,)
    return tuple(one for one in row.permissions if held.has(one) is False)


def _mends(row: Row, answer: Unavailable, held: Held) -> tuple[str, ...]:
    needs = _lacked(row, answer, held)
    return tuple(map(license_for, needs)) if answer.reason is Reason.LICENSE else grant(needs)


def cost(row: Row) -> str:
    """What is lost without a source, in a sentence."""
    if row.symptoms:
        return f"Cannot be ruled out without it: {', '.join(spoken(name) for name in row.symptoms)}."
    if row.helps:
        return f"Less evidence without it for: {', '.join(spoken(name) for name in row.helps)}."
    return "Without it the report has less context on the account."


def _by_token(held: Held) -> Iterator[Line]:
    """What the tokens alone tell, where no account could be found to try the questions on."""
    for row in table():
        lacking = [one for one in row.permissions if held.has(one) is False and not _shut_out(one, held)]
        if lacking:
            says = f"not collected, {' and '.join(map(lacks, lacking))}. {cost(row)}"
            yield Line(there=False, what=spoken(row.source), says=says, mend=grant(lacking))


def _anybody(connection: Connection, deadline: Deadline) -> Subject:
    """Some account with a mailbox, if there is one, to try the questions on.

    Raises:
        NoSuchUser: the tenant has no account at all.
    """
    query = {"$select": "id,userPrincipalName,mail", "$top": "25"}
    users = connection.fetch(Request("GET", "/users", query), deadline)
    best: Sequence[Mapping[str, Any]] = [one for one in users if one.get("mail")] or users
    if not best:
        raise NoSuchUser("The tenant has no account.")
    return find_subject(str(best[0]["userPrincipalName"]), connection)


class Forgets:
    """Nothing is kept of a test."""

    def recall(self, source: str) -> Mapping[str, str]:
        """Nothing was kept."""
        return {}

    def remember(self, source: str, name: str, value: str) -> None:
        """Keep nothing."""


def _flat(needs: Iterable[str | tuple[str, ...]]) -> set[str]:
    return {name for need in needs for name in ((need,) if isinstance(need, str) else need)}


def _name(symptom: Any) -> str:
    return str(symptom.__name__).rpartition(".")[2]
