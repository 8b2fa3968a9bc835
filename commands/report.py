"""What a check found out, as values: findings, results per symptom, the verdict, and where it looked.

Longer than other files because every value that a report is made of stands in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from functools import lru_cache
from typing import Annotated, Final

from pydantic import AfterValidator

from commands import facts
from commands.sentence import Sentence
from graph.evidence import Reason
from graph.question import Subject, Window

_LONGEST_ID = 60

PROBABLY = "probably "  # what stands before a clause that records make likely, and no more


@lru_cache(maxsize=1024)
def spoken(name: str) -> str:
    """An id as words for people: ``mail_folders`` becomes ``mail folders``, ``sign_ins`` ``sign-ins``."""
    words = (
        name.replace("_", " ").replace("sign ins", "sign-ins").replace("non interactive", "non-interactive")
    )
    words = words.replace("oauth", "OAuth").replace("exchange", "Exchange").replace("purview", "Purview")
    # Ours are letters; whoever sends a report in a worker's name writes another one.
    return "".join(sign for sign in words if sign.isalnum() or sign in " -")[:_LONGEST_ID]


class Severity(IntEnum):
    """How grave a finding is, and how many points its sign adds to the verdict (see `commands.verdict`)."""

    INFO = 0  # worth knowing, no sign of anything
    LOW = 1  # fits a takeover and many harmless things as well
    MEDIUM = 2  # unusual; needs an explanation
    HIGH = 5  # hardly ever harmless
    CRITICAL = 8  # by itself enough to act

    @property
    def word(self) -> str:
        """The severity in lower case, as in the JSON output."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Sign:
    """A kind of finding. Each sign counts once for the verdict, however often it is found.

    Attributes:
        id: Its name, snake case, unique among all symptoms.
        severity: How grave it is.
        why: One sentence that says why it weighs what it weighs; it stands in the documentation.
        technique: The id of the ATT&CK technique that it is a sign of.
        group: Signs of one group tell the same and count once; "" where a sign stands alone.
    """

    id: str
    severity: Severity
    why: str
    technique: str = ""
    group: str = ""


def weighed(sign: str) -> Sign:
    """Give a sign with its weight from ``commands/facts/weights.toml``.

    Raises:
        KeyError: the table has no such sign.
    """
    weight = facts.weights()[sign]
    return Sign(weight.id, Severity[weight.severity.upper()], weight.why, weight.technique, weight.group)


class Owner(StrEnum):
    """Whose session something was done in, as far as can be told without looking at the thing itself."""

    OWNER = "owner"
    DOUBTFUL = "doubtful"
    STRANGER = "stranger"


class Service(StrEnum):
    """What of an account a record is about, by the log that it stands in."""

    SIGN_IN = "sign-in"
    DIRECTORY = "directory"
    MAILBOX = "mailbox"
    FILES = "files"
    CHATS = "chats"


class Hides(StrEnum):
    """What an entry of a mailbox's junk email lists hides, as far as that matters."""

    WARNINGS = "warnings"
    ANSWERS = "answers"  # to the attacker's mail
    NOTHING = ""

    @classmethod
    def _missing_(cls, value: object) -> Hides | None:
        """Read what reports said that were stored before 30 November 2026: words."""
        return {
            "it hides warnings": cls.WARNINGS,
            "it hides answers to the attacker’s mail": cls.ANSWERS,
        }.get(str(value))


@dataclass(frozen=True, slots=True)
class ListEntry:
    """One entry of a mailbox's junk email lists, and what is known of how it came there.

    Attributes:
        blocked: Whether it is among the blocked senders; else among the trusted ones.
        text: The entry in comparable form: an address or a domain, lower case.
        added: Whether the change that the finding is about added it; None where no record tells.
        why: What speaks against this very entry.
    """

    blocked: bool
    text: str
    added: bool | None = None
    why: Hides = Hides.NOTHING


class Made(StrEnum):
    """What was made to sign in with, where it is taken back in a way of its own."""

    TEMPORARY = "temporary-access-pass"
    FOR_APPS = "for-apps"


@dataclass(frozen=True, slots=True)
class Counted:
    """How many recipients Microsoft's daily counters had, and how many of these were outside."""

    recipients: int
    outside: int


@dataclass(frozen=True, slots=True)
class Finding:
    """One concrete observation.

    Attributes:
        symptom: The id of the symptom it belongs to.
        sign: The kind of finding, which decides its weight.
        summary: One sentence: what, by whom, from where. May hold text from the tenant; escape it when shown.
        at: When it happened (aware UTC), or None where no record tells.
        by: Who did it, "" where unknown.
        address: The IP address it came from, "" where unknown.
        before: The old value, where something was changed.
        after: The new value.
        records: The ids of the records it rests on: audit records, sign-ins, rules, messages.
        further: How many more records like them an export holds, which were counted and not read.
        owner: Whose session the first of them belongs to; None where nothing tells.
        doubt: The points that speak against that session, without those that rest on the finding itself.
        certain: Something among them is not explained by the user's being somewhere new.
        ask: What to ask the user by phone; a good answer makes the finding harmless.
        entries: Of junk email lists, the entries that stand now and that it is about.
        seen_in: What of the account the first of them is about; None where nothing tells.
        counted: Of a block of sending, the recipients that Microsoft counted; None where it told none.
        made: What was made to sign in with, where `sign` does not tell it; else None.
        act: What was done, as a code, where `sign` does not tell it; see `commands.clues.actions.once`.
        names: What was set up, each by itself, where `after` may hold several or tells of it in words: the
            addresses that mail is sent on to or that got rights, the protocols that were enabled.
        pieces: `summary` in its pieces; () where nothing but the whole is told.
    """

    symptom: str
    sign: Sign
    summary: str
    at: datetime | None = None
    by: str = ""
    address: str = ""
    before: str = ""
    after: str = ""
    records: tuple[str, ...] = ()
    further: int = 0
    owner: Owner | None = None
    doubt: int = 0
    certain: bool = False
    ask: str = ""
    entries: tuple[ListEntry, ...] = ()
    seen_in: Service | None = None
    counted: Counted | None = None
    made: Made | None = None
    act: str = ""
    names: tuple[str, ...] = ()
    pieces: Sentence = ()

    @property
    def severity(self) -> Severity:
        """How grave its sign is."""
        return self.sign.severity


class Result(StrEnum):
    """What can be said about one symptom."""

    PRESENT = "present"
    ABSENT = "absent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class SymptomResult:
    """The answer for one symptom; `reason` says why, in one sentence; `failed` that we made a mistake."""

    id: str
    title: str
    source: str
    result: Result
    reason: str
    findings: tuple[Finding, ...] = ()
    failed: bool = False

    @property
    def number(self) -> int | None:
        """Its number in Microsoft's document, from ``symptom 3``; None of an additional indicator."""
        number = self.source.rpartition(" ")[2]
        return int(number) if number.isdigit() else None

    @property
    def numbered_title(self) -> str:
        """Its title behind that number, where it has one: ``3. The user's display name was changed``."""
        return self.title if self.number is None else f"{self.number}. {self.title}"


class Coverage(StrEnum):
    """How much a source gave."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class SourceState:
    """How one source ended.

    Attributes:
        id: The source.
        state: How much it gave.
        reason: What is missing and why, in words; "" where nothing is.
        records: How many records there were.
        complete_until: Up to when it is complete, where that is earlier than now.
        needs: The permission, role or license that is lacking, or "".
        complete_from: From when on; None where the service keeps its records for the whole window.
        why: Why nothing of it was seen; None where something was.
        in_short: `reason` without how much was only counted; "" where that is the same.
    """

    id: str
    state: Coverage
    reason: str
    records: int
    complete_until: datetime | None = None
    needs: str = ""
    complete_from: datetime | None = None
    why: Reason | None = None
    in_short: str = ""


class VerdictCode(StrEnum):
    """The four verdicts."""

    COMPROMISED = "compromised"
    SUSPICIOUS = "suspicious"
    NO_SIGN_FOUND = "no-sign-found"
    CANNOT_TELL = "cannot-tell"


class Access(StrEnum):
    """Whether somebody else was in the account."""

    CERTAIN = "certain"
    LIKELY = "likely"
    POSSIBLE = "possible"
    NONE = "no sign"


class Impact(StrEnum):
    """What was done with the account, or to it."""

    PERSISTENCE = "persistence"
    EXPOSURE = "exposure"
    FRAUD = "fraud"
    CONCEALMENT = "concealment"


class Role(StrEnum):
    """The account's part in what happened."""

    TAKEN_OVER = "taken over"
    CREATED = "created by the attacker"
    EXPOSED = "exposed"
    ATTACKED = "attacked but not entered"
    USED = "used to act on others"
    CLEAN = "clean"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement.

    Attributes:
        answer: One of the four.
        points: The sum over the signs found, each counted once.
        confidence: "high", "medium" or "low"; missing sources lower it.
        reasons: The findings that decide it, the gravest first, one per sign.
        missing: The ids of the sources that were not seen, or not wholly.
        says: The judgement in one or two sentences.
        access: Whether somebody else was in.
        impact: What was done.
        role: The account's part in it.
        questions: What to ask the user by phone, the most telling question first.
        baseline: How many ordinary sign-ins the baseline rests on; None where nobody asked.
    """

    answer: VerdictCode
    points: int
    confidence: str
    reasons: tuple[Finding, ...]
    missing: tuple[str, ...]
    says: str
    access: Access = Access.NONE
    impact: tuple[Impact, ...] = ()
    role: Role = Role.UNKNOWN
    questions: tuple[str, ...] = ()
    baseline: int | None = None

    @property
    def seen_in(self) -> tuple[Service, ...]:
        """Where records show somebody who is not known to be the user, in the order of `Service`."""
        theirs = {one.seen_in for one in self.reasons if one.owner in (Owner.STRANGER, Owner.DOUBTFUL)}
        return tuple(one for one in Service if one in theirs)


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the timeline: anything that happened.

    Attributes:
        at: When (aware UTC).
        what: What, in plain words; holds text from the tenant.
        by: Who did it, "" where unknown.
        address: The IP address it came from, "" where unknown.
        source: The id of the source that has it.
        record: The id of the record.
        finding: Whether a finding rests on that.
        session: The id of the session, or "".
        application: The id of the application, or "".
        signed_in: Of a sign-in, whether it succeeded; None of everything else.
        place: Of a sign-in in the sign-in log, where it came from; else "".
    """

    at: datetime
    what: str
    by: str
    address: str
    source: str
    record: str
    finding: bool = False
    session: str = ""
    application: str = ""
    signed_in: bool | None = None
    place: str = ""


class Point(StrEnum):
    """What a clause says, where a program has to know it."""

    SIGNED_IN = "signed-in"  # of `Story.since`: it was a sign-in
    CREDENTIALS = "credentials"  # of `Story.entry`: with credentials, and nothing tells how they came by them
    WHOSE = "whose"  # of `Story.unknown`: who opened mail
    STILL_IN = "still-in"  # of `Story.unknown`: whether they are still in


class Tie(StrEnum):
    """What connects another account with the attacker, the most telling first."""

    SAME_SESSION = "same-session"
    SAME_APPLICATION = "same-application"
    SAME_ADDRESS = "same-address"
    CREATED = "created"
    GIVEN = "given"
    CHANGED = "changed"
    READ = "read"
    TRIED = "tried"
    LURED = "lured"
    FORWARDS = "forwards"
    NONE = ""

    @classmethod
    def _missing_(cls, value: object) -> Tie | None:
        """Read what reports said that were stored before 30 November 2026: the words."""
        return next((one for one, says in TIES.items() if says == value), None)


TIES: Final[Mapping[Tie, str]] = {
    Tie.SAME_SESSION: "acted in the attacker's session",
    Tie.SAME_APPLICATION: "consented to or used the attacker's application",
    Tie.SAME_ADDRESS: "used from the attacker's IP address",
    Tie.CREATED: "created from this account",
    Tie.GIVEN: "was granted rights by this account",
    Tie.CHANGED: "was changed from this account",
    Tie.READ: "was read with this account",
    Tie.TRIED: "tried from the attacker's IP address",
    Tie.LURED: "received mail from the attacker",
    Tie.FORWARDS: "forwards to {} as well",
    Tie.NONE: "",
}
"""How people are told what connects another account with the attacker."""


@dataclass(frozen=True, slots=True)
class Clause:
    """One thing that a story tells, without who did it and from where.

    Attributes:
        says: What, in a few words; may hold text from the tenant.
        at: When (aware UTC), None where nothing tells.
        findings: The ids of the findings it rests on, as the JSON report names them.
        records: The ids of the records.
        techniques: The ids of the ATT&CK techniques.
        why: Of a lead, of which `says` is only the name, what connects it.
        shared: What it shares, where `why` names that.
        closed_by: Of what stands open, the ids of the changes and manual tasks that close it: one of each
            group has to be done. See `commands.story.doors`.
        parts: What each group of `closed_by` closes, where `says` ends with the list of them; else none.
        times: When each of what it tells happened (aware UTC), oldest first, where that was at several times;
            `at` is the first of them.
        likely: Whether records make it likely, and no more; `says` is without that word.
        shown_by: What shows it, in a few words; "" where nothing has to be said.
        point: What a program has to know of it; None of most.
    """

    says: str
    at: datetime | None = None
    findings: tuple[str, ...] = ()
    records: tuple[str, ...] = ()
    techniques: tuple[str, ...] = ()
    why: Tie = Tie.NONE
    shared: str = ""
    closed_by: tuple[tuple[str, ...], ...] = ()
    times: tuple[datetime, ...] = ()
    parts: tuple[str, ...] = ()
    likely: bool = False
    shown_by: str = ""
    point: Point | None = None

    @property
    def because(self) -> str:
        """What connects a lead, in words; "" of every other clause."""
        return TIES[self.why].format(self.shared)

    @property
    def in_full(self) -> str:
        """What it says, with how likely that is and what shows it."""
        return f"{PROBABLY if self.likely else ''}{self.surely}"

    @property
    def surely(self) -> str:
        """The same, where other words tell how likely it is."""
        return f"{self.says}; {self.shown_by}" if self.shown_by else self.says

    @property
    def until(self) -> datetime | None:
        """When the last of it happened; None where nothing tells."""
        return self.times[-1] if self.times else self.at


@dataclass(frozen=True, slots=True)
class Story:
    """What happened, part by part; a part that nothing tells of is empty.

    Attributes:
        certain: Whether the account counts as compromised, not only as suspicious.
        likely: Whether somebody else was likely in, and no more than likely.
        addresses: The attacker's addresses, in the order in which they were first seen.
        since: When they were first in.
        entry: How they got in.
        origin: From where, one clause an address.
        persistence: What they set up to stay.
        hidden: What they did to stay unnoticed.
        read_or_taken: What they read or took.
        sent: What they sent.
        reached: Whom else they reached.
        by_others: What others did: a block or an alert of Microsoft's, what the user reported, mail of other
            services, and what other accounts did that nothing ties to the attacker. No action of theirs.
        last_seen: When they were last in.
        still_open: What lets them in, or lets mail out, now.
        leads: Other accounts to check; `says` is the account's name, and `why` what connects it.
        unknown: What nothing tells.
        alerted: What Microsoft raised first by itself since they were in, one clause at most.
        sessions: The ids of the attacker's sessions.
        applications: The ids and names of the applications that the attacker let in, in lower case.
    """

    certain: bool
    likely: bool = False
    addresses: tuple[str, ...] = ()
    since: tuple[Clause, ...] = ()
    entry: tuple[Clause, ...] = ()
    origin: tuple[Clause, ...] = ()
    persistence: tuple[Clause, ...] = ()
    hidden: tuple[Clause, ...] = ()
    read_or_taken: tuple[Clause, ...] = ()
    sent: tuple[Clause, ...] = ()
    reached: tuple[Clause, ...] = ()
    by_others: tuple[Clause, ...] = ()
    last_seen: tuple[Clause, ...] = ()
    still_open: tuple[Clause, ...] = ()
    leads: tuple[Clause, ...] = ()
    unknown: tuple[Clause, ...] = ()
    alerted: tuple[Clause, ...] = ()
    sessions: tuple[str, ...] = ()
    applications: tuple[str, ...] = ()

    @property
    def came_in(self) -> bool:
        """Whether anything tells how or from where somebody else came in; else only acts were seen."""
        return bool(self.entry or self.origin)


@dataclass(frozen=True, slots=True)
class MailboxAccess:
    """What was opened in one mailbox by the attacker, as far as it was recorded.

    Attributes:
        mailbox: Its address, or as the records name it.
        opened: How many different messages were opened one by one.
        least: More records like these were only counted, so that `opened` is a lower bound.
        synced: Whole folders were copied.
        folders: Their names, where the records tell.
        first: When the first record was written.
        last: When the last one was.
        records: The ids of the records.
    """

    mailbox: str
    opened: int
    least: bool
    synced: bool
    folders: tuple[str, ...]
    first: datetime
    last: datetime
    records: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Traffic:
    """The mail that left a mailbox in the window, whoever sent it.

    Attributes:
        messages: How many messages.
        inside: Who got some inside the tenant, lower case.
        outside: Who got some outside of it.
        unnamed: Of how many messages no record names a recipient.
        first: When the first was sent.
        last: When the last one was.
        records: The ids of the records.
    """

    messages: int
    inside: tuple[str, ...]
    outside: tuple[str, ...]
    unnamed: int
    first: datetime
    last: datetime
    records: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Payee:
    """An account that a text of the attacker's gives; each word of it is the attacker's.

    Attributes:
        kind: What the number is: ``IBAN``, ``account number``, ``routing number``, ``sort code`` or ``BIC``.
        number: The number, as it is printed.
        bank: The bank's name that stands before it, "" where there is none.
        place: Where it stands: ``message``, ``signature`` or ``auto_reply``.
        subject: Of a message, its subject line.
        fits: Whether the check digits fit; None where the number has none.
    """

    kind: str
    number: str
    bank: str
    place: str
    subject: str = ""
    fits: bool | None = None


@dataclass(frozen=True, slots=True)
class Traced:
    """How much the message trace has to one address that mail is sent on to, whoever sent it.

    Attributes:
        address: The address, lower case.
        messages: How many messages.
        failed: How many more were not delivered.
        first: When the first of `messages` was received; None where there are none.
        last: When the last was.
    """

    address: str
    messages: int
    failed: int
    first: datetime | None
    last: datetime | None


@dataclass(frozen=True, slots=True)
class Exposure:
    """Whose data somebody else had, as far as anything tells; see `commands.story.exposure`.

    Attributes:
        mailboxes: What was opened, one for each mailbox.
        forwards: What sent mail on to others, as the story tells it.
        applications: Applications that were given access to mail.
        files: The files opened or downloaded, each once.
        further_files: How many more were only counted.
        file_records: The ids of the records of files.
        sent: How many messages surely came from the attacker and were not `undelivered`.
        perhaps_sent: How many more were sent in that time that nothing attributes to anybody.
        inside: Who got mail of the attacker's, inside the tenant, lower case.
        outside: Who got some outside of it.
        sent_records: The ids of the records of what was sent.
        unread: Why the records of opened mail are not complete, one phrase each; empty when they are.
        unsent: The same of sent mail.
        unnamed: Of how many of the attacker's messages no record names a recipient.
        searches: Content searches and exports of mail, as the story tells them.
        traffic: What left in the window, where too little was collected to tell who sent it; else None.
        undelivered: How many of the attacker's messages failed for every recipient, by the message trace.
        undelivered_records: The ids of the records of those.
        payees: The accounts that the attacker's texts give (see `commands.payment_details`).
        replies: Addresses outside of the tenant that they give for answers, lower case.
        unopened: How many of the attacker's messages have attachments, which nobody opened.
        passed_on: How much the message trace has to each address that `forwards` send to.
        untraced: Those of these addresses of which it was not told, lower case.
        why_untraced: Why not, or what the trace lacks, one phrase; "" where nothing is to be said.
    """

    mailboxes: tuple[MailboxAccess, ...] = ()
    forwards: tuple[Clause, ...] = ()
    applications: tuple[Clause, ...] = ()
    files: tuple[str, ...] = ()
    further_files: int = 0
    file_records: tuple[str, ...] = ()
    sent: int = 0
    perhaps_sent: int = 0
    inside: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    sent_records: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    unsent: tuple[str, ...] = ()
    unnamed: int = 0
    searches: tuple[Clause, ...] = ()
    traffic: Traffic | None = None
    undelivered: int = 0
    undelivered_records: tuple[str, ...] = ()
    payees: tuple[Payee, ...] = ()
    replies: tuple[str, ...] = ()
    unopened: int = 0
    passed_on: tuple[Traced, ...] = ()
    untraced: tuple[str, ...] = ()
    why_untraced: str = ""


@dataclass(frozen=True, slots=True)
class Importance:
    """Why an account matters more than others: what it is, such as ``administrator``, and what tells so."""

    what: str
    told_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that a check says about one subject.

    `no_timeline` says in one sentence why there is no timeline; "" where there is one. `story` is None where
    nobody else is thought to have been in, and where it could not be told. `exposure` is None where it could
    not be told, and in reports of earlier versions. `importance` says why the account matters more than
    others; it is empty where nothing tells, and in reports of earlier versions. `roles_assigned` are the
    administrator roles that the account got during the takeover, and `roles_activated` those that it had
    before and that were activated then.
    """

    subject: Subject
    window: Window
    made_at: datetime
    verdict: Verdict
    symptoms: tuple[SymptomResult, ...]
    sources: tuple[SourceState, ...]
    # Those of an analysis of many accounts are folded up; a stored one comes back as a tuple.
    timeline: Annotated[Sequence[Event], AfterValidator(tuple)]
    no_timeline: str = ""
    story: Story | None = None
    exposure: Exposure | None = None
    importance: tuple[Importance, ...] = ()
    roles_assigned: tuple[str, ...] = ()
    roles_activated: tuple[str, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every finding, in the order of the symptoms."""
        return tuple(finding for symptom in self.symptoms for finding in symptom.findings)


def numbered(results: Iterable[SymptomResult]) -> Iterator[tuple[str, Finding]]:
    """Give each finding with its id, such as ``inbox_rules.1``: its symptom and its number in that."""
    for result in results:
        for number, finding in enumerate(result.findings, start=1):
            yield f"{finding.symptom}.{number}", finding
