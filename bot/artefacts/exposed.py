"""Whose data somebody else had and what they sent, in sentences that say no more than the records do. Pure.

Text from the tenant is in them: whoever shows them escapes them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from enum import StrEnum
from typing import Final

from bot.artefacts.grounds import NAMED, Grounds, Statement, listed, named
from bot.artefacts.others import given_in, shared_in
from bot.messages import parts
from bot.messages.escape import visible
from commands.report import (
    Access,
    Clause,
    Exposure,
    Finding,
    Impact,
    MailboxAccess,
    Point,
    Report,
    Traced,
    numbered,
)
from commands.story import reach
from graph.verified import domain_of

_ALL_EXPORTED: Final = "everybodys_mail_exported"
_TEAMS: Final = "teams_messages"
_DOMAINS: Final = 4
_ADDRESSES: Final = 4
"""Addresses that a sentence names."""


class Personal(StrEnum):
    """How likely personal data is among what was seen."""

    NOT_KNOWN = "not-known"
    EVERYBODYS = "everybodys"  # every mailbox of the organization was taken
    LIKELY = "likely"
    POSSIBLE = "possible"
    UNSETTLED = "unsettled"  # whose access to mail it was
    UNREAD = "unread"  # the records are not complete
    NONE = "none"


_IN_SHORT: Final = {
    Personal.NOT_KNOWN: "not known",
    Personal.EVERYBODYS: "every mailbox of the organization",
    Personal.LIKELY: "personal data likely",
    Personal.POSSIBLE: "personal data possible",
    Personal.UNSETTLED: "possible: it is not settled whose access to mail it was",
    Personal.UNREAD: "not established: the records are not complete",
    Personal.NONE: "no access to data seen",
}


class Exposed:
    """Says what is known of data that was opened, taken and sent.

    Args:
        report: What the check found.
        grounds: Says what a sentence rests on.
    """

    def __init__(self, report: Report, grounds: Grounds) -> None:
        self.report = report
        self.seen = report.exposure
        self.grounds = grounds

    def in_short(self) -> str:
        """How likely personal data is among what was seen, in a few words."""
        return _IN_SHORT[self.personal()]

    def personal(self) -> Personal:
        """How likely personal data is among what was seen; what is in it, no one has read."""
        seen = self.seen
        if seen is None:
            return Personal.NOT_KNOWN
        open_to, verdict = (*given_in(self.report), *shared_in(self.report)), self.report.verdict
        if self._everybodys():
            return Personal.EVERYBODYS
        if seen.mailboxes or seen.files or seen.forwards or seen.searches or open_to:
            return Personal.LIKELY
        if verdict.access in {Access.CERTAIN, Access.LIKELY} or Impact.EXPOSURE in verdict.impact:
            return Personal.POSSIBLE
        if self._in_question():
            return Personal.UNSETTLED
        return Personal.UNREAD if seen.unread else Personal.NONE

    def data(self) -> Iterator[Statement]:
        """What was opened, synced, sent on and taken, and how far the records of it go."""
        seen = self.seen
        if seen is None:
            yield Statement("What was read could not be determined.", self.grounds.coverage())
            return
        if everybodys := self._everybodys():
            yield Statement(
                f"Every mailbox of the organization was within reach: {listed(everybodys, 'export')}. Until "
                "the scope of the export is known, treat everyone’s mail as taken.",
                self.grounds.of(everybodys),
            )
        for one in seen.mailboxes:
            says = _mailbox(one, gaps=bool(seen.unread), unrecorded=bool(parts.unrecorded(self.report)))
            yield Statement(says, self.grounds.of_records(one.records))
        if asked := self._in_question():
            yield Statement(
                f"Not settled: {listed(asked, 'access')}. Until it is, treat that mail as read by the "
                "attacker.",
                self.grounds.of(asked),
            )
        elif not seen.mailboxes:
            yield Statement(
                "No opened message is attributed to the attacker.", self.grounds.coverage("audit_log")
            )
        if seen.unread:
            yield Statement(
                f"These records are not complete: {'; '.join(seen.unread)}. More may have been read; until "
                "shown otherwise, treat the whole mailbox as read.",
                self.grounds.coverage("audit_log"),
            )
        elif seen.mailboxes:
            yield Statement(
                "The records of opened mail are complete as far as the sources tell: the audit log was "
                "collected, and Exchange did not stop recording.",
                self.grounds.coverage("audit_log"),
            )
        if seen.applications:
            yield Statement(
                f"Applications with access to the mailbox: {listed(seen.applications, 'application')}.",
                self.grounds.of(seen.applications),
            )
        if seen.forwards:
            yield Statement(
                f"Mail was forwarded to others: {listed(seen.forwards, 'action')}. {how_much(seen)}",
                (
                    *self.grounds.of(seen.forwards),
                    *(("message trace by recipient",) if seen.passed_on else ()),
                ),
            )
        if given := given_in(self.report):
            yield Statement(
                f"Others could open this mailbox or send from it, whether they did is not shown: "
                f"{listed(given, 'right')}.",
                self.grounds.of(given),
            )
        if shared := shared_in(self.report):
            yield Statement(
                f"Files were opened to others, and whoever had the link may have read them: "
                f"{listed(shared, 'action')}.",
                self.grounds.of(shared),
            )
        if seen.files:
            count = parts.counted(len(seen.files) + seen.further_files, "file")
            yield Statement(
                f"{count} opened or downloaded: {named(seen.files, 5, 'file', further=seen.further_files)}.",
                self.grounds.of_records(seen.file_records),
            )
        if seen.searches and not everybodys:
            yield Statement(
                f"Mail was searched or exported: {listed(seen.searches, 'search')}. Until the scope of the "
                "search is known, treat every mailbox in the organization as read.",
                self.grounds.of(seen.searches),
            )
        yield self._whose()

    def _whose(self) -> Statement:
        subject = self.report.subject.mail or self.report.subject.user_principal_name
        answer = self.personal()
        if answer is Personal.EVERYBODYS:
            says = (
                "Personal data is likely among it: of everyone who has a mailbox here, and of whoever wrote "
                "to them or is named in their mail. This is inferred from what was exported; no one looked "
                "at it, so people must establish whose data it was, and which."
            )
        elif answer is Personal.LIKELY:
            says = (
                f"Personal data is likely among it: of {visible(subject)}, and of whoever wrote to it or is "
                "named in its mail and files. This is inferred from what a mailbox holds; what was opened "
                "was not looked at, so people must establish whose data it was, and which."
            )
        elif answer is Personal.POSSIBLE:
            says = (
                "Someone else had access, so personal data may have been seen; no record shows that any was."
            )
        elif self._in_question():
            says = (
                f"Whether anyone else saw data of {visible(subject)} depends on whose access it was: ask "
                "the user."
            )
        elif self.seen and self.seen.unread:
            says = (
                "No record that was read shows that anyone else saw data of this account; since the records "
                "are not complete, that is not established."
            )
        else:
            says = "No record shows that anyone else saw data of this account."
        return Statement(says, ("inferred from the sentences above",))

    def _everybodys(self) -> tuple[Clause, ...]:
        """What took the mail of everybody."""
        signs = {number: one.sign.id for number, one in numbered(self.report.symptoms)}
        told = self.report.story.read_or_taken if self.report.story else ()
        return tuple(
            one for one in told if any(signs.get(number) == _ALL_EXPORTED for number in one.findings)
        )

    def _in_question(self) -> tuple[Clause, ...]:
        """Mail that was opened where nothing tells by whom."""
        unknown = self.report.story.unknown if self.report.story else ()
        return tuple(one for one in unknown if one.point is Point.WHOSE)

    def to_whom(self) -> str:
        """How many got mail of the attacker's, in a few words."""
        seen = self.seen
        if seen is None:
            return "not known"
        chats = in_chats(self.report)
        return (
            ("none delivered" if seen.undelivered else "messages in Teams" if chats else "nothing attributed")
            if not seen.sent
            else reach.in_brief(self.report)
            if reach.recipients(seen)
            else "recipients not known"
        )

    def blocked(self) -> Iterator[Statement]:
        """Why sending was blocked, with how many recipients Microsoft counted."""
        for number, one in self._blocks():
            day = f" ({parts.utc(one.at)})" if one.at else ""
            yield Statement(f"{visible(one.summary.rstrip('.'))}{day}.", (f"finding {number}",))

    def unnamed(self) -> Iterator[Statement]:
        """What nothing tells of recipients: whoever else Microsoft counted, or a message went to."""
        seen = self.seen
        count = reach.recipients(seen) if seen else 0
        known = (
            f"beyond the {parts.counted(count, 'recipient')} that records name"
            if count
            else "as no record names any"
        )
        for number, _ in self._blocks():
            yield Statement(
                f"Who else got mail before Microsoft blocked sending, {known}.", (f"finding {number}",)
            )

    def _blocks(self) -> Iterator[tuple[str, Finding]]:
        return (each for each in numbered(self.report.symptoms) if each[1].sign.id == "sending_blocked")

    def sent(self) -> Iterator[Statement]:
        """What the attacker sent, and how far the records of it go."""
        seen = self.seen
        if seen is None:
            yield Statement("What was sent could not be determined.", self.grounds.coverage())
            return
        if seen.sent and not (seen.outside or seen.inside):
            which = f"of {seen.sent} of them " if seen.undelivered else ""
            yield Statement(
                f"{self._so_many()}; {which}no record names the recipients.",
                self.grounds.of_records(seen.sent_records),
            )
        elif seen.sent:
            people = parts.counted(reach.recipients(seen), "recipient")
            named_some = seen.sent - seen.unnamed
            which = f", {named_some} of them" if seen.undelivered or seen.unnamed else ""
            yield Statement(
                f"{self._so_many()}{which} to {people} that records name: "
                f"{len(seen.outside)} outside the organization{_by_domain(seen.outside)} and "
                f"{len(seen.inside)} inside.{_unnamed(seen.unnamed)}",
                self.grounds.of_records(seen.sent_records),
            )
        elif not seen.undelivered:
            yield Statement(
                "No sent mail is attributed to the attacker."
                if in_chats(self.report)
                else "No sent message is attributed to the attacker.",
                self.grounds.coverage("message_trace", "audit_log"),
            )
        if chats := in_chats(self.report):
            at = f", {parts.utc(chats[0].at)}" if chats[0].at else ""
            yield Statement(
                f"In Teams: {listed(chats, 'finding')}{at}; who is in these chats is not listed here.",
                self.grounds.of(chats),
            )
        if seen.undelivered:
            which = f"{seen.undelivered} of them" if seen.sent else f"{self._so_many()}, which"
            were, them = ("was", "it") if seen.undelivered == 1 else ("were", "them")
            yield Statement(
                f"{which} {were} not delivered: the message trace has {them} as failed.",
                (*self.grounds.of_records(seen.undelivered_records), *self.grounds.coverage("message_trace")),
            )
        yield from self.blocked()
        if seen.perhaps_sent:
            yield Statement(
                f"{parts.counted(seen.perhaps_sent, 'more message')} left in that time that no record "
                "attributes to the attacker or to the user.",
                self.grounds.coverage("message_trace", "audit_log"),
            )
        if seen.unsent:
            yield Statement(
                f"Not complete: {'; '.join(seen.unsent)}. More may have been sent.",
                self.grounds.coverage("message_trace", "audit_log"),
            )

    def _so_many(self) -> str:
        """Count what the attacker sent, delivered or not: as many as sent-mail.csv has lines of theirs."""
        seen = self.seen
        count = seen.sent + seen.undelivered if seen else 0
        return f"The attacker sent {parts.counted(count, 'message')}"

    def anybodys(self) -> Iterator[Statement]:
        """What left in the window, where too little was collected to tell who sent it."""
        seen = self.seen.traffic if self.seen else None
        if seen is None:
            yield Statement(
                "No sent message was found in what was collected.",
                self.grounds.coverage("message_trace", "sent_items", "audit_log"),
            )
            return
        unnamed = f" For {seen.unnamed} of them, no record names a recipient." if seen.unnamed else ""
        yield Statement(
            f"{parts.counted(seen.messages, 'message')} left between {parts.utc(seen.first)} and "
            f"{parts.utc(seen.last)}, to {parts.counted(len(seen.outside), 'recipient')} outside the "
            f"organization{_by_domain(seen.outside)} and {len(seen.inside)} inside.{unnamed} Whether "
            "the user or someone else sent them is unknown: what was collected does not tell.",
            self.grounds.of_records(seen.records),
        )

    def anybodys_count(self) -> str:
        """The same in a few words."""
        seen = self.seen.traffic if self.seen else None
        if seen is None:
            return "none found"
        return f"{parts.counted(seen.messages, 'message')}, by whom is not known"


def how_much(seen: Exposure) -> str:
    """Say how much mail went to where it was forwarded to, or that nobody looked."""
    told = [_to(one) for one in seen.passed_on]
    late = " It counts all mail to them, whoever sent it, and is minutes late." if told else ""
    lacks = f" It lacks {seen.why_untraced}." if told and seen.why_untraced else ""
    says = (
        f"In the window, the message trace has {named(told, _ADDRESSES, 'address')}.{late}{lacks}"
        if told
        else ""
    )
    if seen.passed_on and not seen.untraced:
        return says
    why = f" ({seen.why_untraced})" if seen.why_untraced and not told else ""
    which = f"for {named(seen.untraced, _ADDRESSES, 'address')}" if told else "for each of these addresses"
    return f"{says} How much was not looked at{why}: run a message trace by recipient {which}.".strip()


def _to(one: Traced) -> str:
    many = f"{one.messages:,} messages" if one.messages > 1 else "1 message" if one.messages else "no message"
    when = f" ({parts.utc(one.first)} to {parts.utc(one.last)})" if one.first and one.last else ""
    lost = f", and {one.failed:,} that failed" if one.failed else ""
    return f"{many} to {visible(one.address)}{when}{lost}"


def in_chats(report: Report) -> tuple[Clause, ...]:
    """Give what the attacker wrote in Teams."""
    of = {number: one.symptom for number, one in numbered(report.symptoms)}
    told = report.story.sent if report.story else ()
    return tuple(one for one in told if any(of.get(number) == _TEAMS for number in one.findings))


def _mailbox(one: MailboxAccess, *, gaps: bool, unrecorded: bool) -> str:
    # Where recording itself stopped, what is listed is no lower bound that anybody should quote.
    least = "at least " if (one.least or gaps) and not unrecorded else ""
    how = "listed as opened" if unrecorded else "opened"
    deeds = []
    if one.synced:
        folders = f" ({named(one.folders, NAMED, 'folder')})" if one.folders else ""
        which = folders or " (no record names them)"
        deeds.append(f"whole folders synced{which}, so that everything in them counts as taken,")
    if one.opened:
        deeds.append(f"{least}{parts.counted(one.opened, 'message')} {how} one by one")
    when = parts.utc(one.first)
    until = "" if one.last == one.first else f" to {parts.utc(one.last)}"
    return f"Mailbox {visible(one.mailbox)}: {' and '.join(deeds).rstrip(',')}, {when}{until}."


def _unnamed(count: int) -> str:
    return f" No record names the recipients of {parts.counted(count, 'message')}." if count else ""


def _by_domain(addresses: Collection[str]) -> str:
    counted = Counter(domain_of(address) for address in addresses)
    if not counted:
        return ""
    most = [f"{count} at {domain}" for domain, count in counted.most_common(_DOMAINS)]
    left = sum(counted.values()) - sum(count for _, count in counted.most_common(_DOMAINS))
    rest = f", {left} elsewhere" if left else ""
    return f" ({', '.join(most)}{rest})"
