"""Tables of facts that the symptoms and the verdict read: data files, each row with its source and its day.

Nothing is read when this is imported, and each file is read once, when the first of its rows is asked for:

- ``lures/<language>.toml``: the words of each group of meaning, one file a language; `phrases`. What a group
  means, and which groups make a family of texts: ``groups.toml`` and ``families.toml``; `groups`, `families`.
- ``folders.toml``: what Exchange calls the default folders in each language; `folder_names`.
- ``programs.toml``: programs that name themselves in a user agent; `programs`, `legacy_clients`.
- ``networks.toml``: networks of VPNs, Tor, security gateways and rented servers; `networks`. Many more, and
  address blocks, stand in ``addresses.txt``: `commands.facts.addresses`.
- ``importance.toml``: words in job titles that tell why a mailbox matters: `commands.importance`.
- ``operations.toml``: operations of the audit log, and Microsoft's page that lists each; `operations`.
- ``alerts.toml``: Microsoft's alert policies by their names; `alert_names`.
- ``questions.toml``: what each symptom tells of, and what to ask the user about it; `questions`.
- ``remedies.toml``: what answers each kind of finding, and the tasks that only people can do:
  `commands.facts.remedies`.
- ``weights.toml``: how much each sign weighs and why, what speaks for and against an address, and which
  sources decide; `weights`, `points`, `deciding`.

A row that does not fit its class is refused with the name of its file. How a language is added:
docs/how-to/add-a-language.md.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BeforeValidator, Field, ValidationError

from graph.contract import Row

R = TypeVar("R", bound=Row)

Text = Annotated[str, Field(min_length=1)]
Texts = Annotated[tuple[Text, ...], Field(min_length=1)]


class Phrases(Row):
    """What people of one language write for one group of meaning.

    Attributes:
        phrases: Words and phrases in lower case. A * at the end lets the last word go on, one at the
            beginning lets the first word begin earlier.
    """

    phrases: Texts


class Group(Row):
    """A group of meaning: words of many languages that say the same.

    Attributes:
        means: What they say.
    """

    means: Text


class Family(Row):
    """A kind of text, told by what its words mean together.

    Attributes:
        id: Its name, snake case.
        name: Its name for people.
        ways: A text belongs to it when it holds a word of every group in one of these.
        unless: It does not when it holds a word of one of these groups.
    """

    id: str
    name: Text
    ways: Annotated[tuple[Texts, ...], Field(min_length=1)]
    unless: tuple[str, ...] = ()


class Use(Row):
    """The families that are looked for in one place.

    Attributes:
        families: Their ids, the most telling first.
    """

    families: Texts


class FolderKind(StrEnum):
    """A default folder of a mailbox, by its well-known name in Graph; RSS Feeds and Journal have none."""

    ARCHIVE = "archive"
    CALENDAR = "calendar"
    CLUTTER = "clutter"
    CONTACTS = "contacts"
    CONVERSATION_HISTORY = "conversationhistory"
    DELETED_ITEMS = "deleteditems"
    DRAFTS = "drafts"
    JOURNAL = "journal"
    JUNK_EMAIL = "junkemail"
    NOTES = "notes"
    OUTBOX = "outbox"
    RECOVERABLE_ITEMS = "recoverableitems"
    RSS_FEEDS = "rssfeeds"
    SYNC_ISSUES = "syncissues"
    TASKS = "tasks"


class FolderNames(Row):
    """What the default folders are called in one language.

    Attributes:
        language: The language's tag.
        names: The names of each kind of folder, in lower case.
    """

    language: str
    names: Mapping[FolderKind, Texts]


class ProgramKind(StrEnum):
    """What kind of program it is."""

    ATTACK = "attack tool"  # written to attack or to take stock of a directory
    SPRAY = "password-guessing tool"
    KIT = "phishing-kit library"  # general libraries that relay kits are built on
    SCRIPT = "script"  # administrators use these as well
    LEGACY = "legacy sign-in"  # sign-in that knows no second factor


def _expression(given: object) -> object:
    return re.compile(given, re.IGNORECASE) if isinstance(given, str) else given


class Program(Row):
    """A program that names itself in a user agent.

    Attributes:
        name: The name that people know.
        kind: Its kind.
        pattern: How it is recognised, in any case.
    """

    name: Text
    kind: ProgramKind
    pattern: Annotated[re.Pattern[str], BeforeValidator(_expression)]


class NetworkKind(StrEnum):
    """What kind of network it is, with its name for people."""

    HOSTING = "hosting"
    VPN = "vpn"
    TOR = "tor"
    RELAY = "relay"  # hides the address, and keeps country and region
    GATEWAY = "security gateway"  # what organizations send their own people through


class Network(Row):
    """A network that no office and no home is in, by our own reading.

    Attributes:
        number: The number of its autonomous system.
        name: Whose it is.
        kind: Its kind.
    """

    number: int
    name: Text
    kind: NetworkKind


class Names(Row):
    """A list of names that belong together.

    Attributes:
        names: The names, in lower case.
    """

    names: Texts


class Weight(Row):
    """How much a sign weighs.

    Attributes:
        id: The sign's name, snake case.
        severity: How grave it is, as `commands.report.Severity` has it.
        why: One sentence that says why; it stands in the documentation.
        technique: The id of the ATT&CK technique that it is a sign of.
        group: Signs of one group tell the same and count once, for as much as the gravest of them: "place",
            that the account was used from somewhere new; "use", what the user does every day as well;
            "factor", that second factor or device was exchanged; "delegate", that somebody else got the
            mailbox and uses it; "attempt", that somebody tried to get in; "work", what administrators do all
            day, where the session is their own.
    """

    id: str
    severity: Literal["info", "low", "medium", "high", "critical"]
    why: str = Field(pattern=r"\.$")
    technique: str = Field(pattern=r"^T\d{4}(?:\.\d{3})?$")
    group: Literal["", "place", "use", "factor", "delegate", "attempt", "work"] = ""


class Operation(Row):
    """An operation of the audit log that a symptom looks for.

    Attributes:
        id: Its name, lower case.
        note: What the page does not say, one sentence; "" where it says all.
    """

    id: str
    note: str = Field(default="", pattern=r"^(?:.+\.)?$")


class Points(Row):
    """How much something speaks for an address's being somebody else's, or against it.

    Attributes:
        points: The points; below nothing where it speaks against.
        why: When it counts, as half a sentence.
        telling: The user's being somewhere new, with something new, does not explain it.
        harmless: What would make it harmless, as a question to the user ends; "" where it speaks against.
    """

    points: int
    why: Text
    telling: bool = False
    harmless: str = ""


class Question(Row):
    """What a symptom tells of, and what to ask the user about it.

    Attributes:
        id: The symptom's id.
        impact: What its findings amount to.
        ask: A question, by phone; ``{when}``, ``{day}`` and ``{where}`` become the finding's.
    """

    id: str
    impact: Literal["access", "persistence", "exposure", "fraud", "concealment"]
    ask: str = Field(pattern=r"\?$")


class Deciding(Row):
    """Sources of which one must have been seen before anybody may say that there is no sign.

    Attributes:
        any_of: The ids of the sources.
        why: One sentence that says why.
    """

    any_of: Texts
    why: str = Field(pattern=r"\.$")


@cache
def rows_in(name: str) -> dict[str, Any]:
    """The rows of a file beside this one; read once, though several tables lie in it."""
    return tomllib.loads((files(__package__) / name).read_text(encoding="utf-8"))


def row(kind: type[R], file: str, /, **given: Any) -> R:
    """Make a row.

    Raises:
        ValidationError: something is missing or does not fit; a note names the file.
    """
    try:
        return kind(**given)
    except ValidationError as error:
        error.add_note(f"in {file}: {given}")
        raise


def named(kind: type[R], file: str, table: str) -> Iterator[R]:
    """The rows of a table whose keys are the rows' ids."""
    for name, given in rows_in(file)[table].items():
        yield row(kind, file, id=name, **given)


@cache
def sources() -> Mapping[str, str]:
    """Where the short names lead that a source begins with."""
    return {name: str(place) for name, place in rows_in("sources.toml").items()}


@cache
def phrases() -> Mapping[str, Mapping[str, Phrases]]:
    """The words by language and group."""
    folder = files(__package__) / "lures"
    return {
        file.name.removesuffix(".toml"): {
            group: row(Phrases, f"lures/{file.name}", **given)
            for group, given in rows_in(f"lures/{file.name}").items()
        }
        for file in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if file.name.endswith(".toml")
    }


@cache
def phrases_of(group: str) -> tuple[str, ...]:
    """The words of a group in every language, each once.

    Raises:
        KeyError: there is no such group.
    """
    groups()[group]  # an unknown name is a mistake of ours, and no group without words
    found = (phrase for words in phrases().values() if group in words for phrase in words[group].phrases)
    return tuple(dict.fromkeys(found))


@cache
def groups() -> Mapping[str, Group]:
    """The groups of meaning by name."""
    return {name: row(Group, "groups.toml", **given) for name, given in rows_in("groups.toml").items()}


@cache
def families() -> Mapping[str, Family]:
    """The families by id."""
    return {one.id: one for one in named(Family, "families.toml", "family")}


@cache
def families_for(place: Literal["mail", "signature"]) -> tuple[Family, ...]:
    """The families that are looked for in a place, the most telling first."""
    use = row(Use, "families.toml", **rows_in("families.toml")["use"][place])
    return tuple(families()[one] for one in use.families)


@cache
def folder_names() -> tuple[FolderNames, ...]:
    """The default folders' names, language by language."""
    return tuple(
        row(FolderNames, "folders.toml", language=language, **given)
        for language, given in rows_in("folders.toml").items()
    )


@cache
def programs() -> tuple[Program, ...]:
    """Programs, the most telling first."""
    return tuple(row(Program, "programs.toml", **given) for given in rows_in("programs.toml")["program"])


@cache
def legacy_clients() -> frozenset[str]:
    """Values of `clientAppUsed`, in lower case, that mean basic authentication."""
    return frozenset(row(Names, "programs.toml", **rows_in("programs.toml")["legacy_clients"]).names)


@cache
def networks() -> Mapping[int, Network]:
    """Networks that we looked at one by one, by the number of their autonomous system."""
    found = (row(Network, "networks.toml", **given) for given in rows_in("networks.toml")["network"])
    return {one.number: one for one in found}


@cache
def alert_names() -> Mapping[str, Names]:
    """By what is told, parts of the names of alert policies that tell it."""
    return {name: row(Names, "alerts.toml", **given) for name, given in rows_in("alerts.toml").items()}


@cache
def weights() -> Mapping[str, Weight]:
    """The weights of all signs, by the sign's id."""
    return {one.id: one for one in named(Weight, "weights.toml", "sign")}


@cache
def operations() -> Mapping[str, Operation]:
    """Operations of the audit log with the page that lists each, by name."""
    return {one.id: one for one in named(Operation, "operations.toml", "operation")}


@cache
def points() -> Mapping[str, Points]:
    """What speaks for an address's being somebody else's, and against it."""
    table = rows_in("weights.toml")["address"]
    return {name: row(Points, "weights.toml", **given) for name, given in table.items()}


@cache
def deciding() -> tuple[Deciding, ...]:
    """What must have been seen."""
    return tuple(row(Deciding, "weights.toml", **given) for given in rows_in("weights.toml")["deciding"])


@cache
def questions() -> Mapping[str, Question]:
    """What each symptom tells of and what to ask about it, by the symptom's id."""
    return {one.id: one for one in named(Question, "questions.toml", "symptom")}
