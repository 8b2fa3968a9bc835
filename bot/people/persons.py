"""Who someone in Slack is, and whether this person may ask or approve.

What Slack says (`bot.people.members`) is half of it. The other half is the account in Microsoft 365 that
someone had when they were named (`bot.people.identities`), and whether that account is in doubt itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace

from slack_sdk import WebClient

from bot.errors import Barred, NotUnderstood, SlackFailed, VoterUnknown
from bot.people.identities import Identities, Known
from bot.people.members import Account, Members, why_no_reporter, why_not
from bot.slack.client import call
from commands.identity import Identity, owner_of
from commands.ledger import Ledger
from commands.ledger.people import Named
from commands.plans.approval import Voter
from graph.question import Subject

ADDRESSES_TRIED = 20
"""How many addresses of a subject Slack is asked about: it allows some 50 such calls a minute."""


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who may ask.

    Attributes:
        id: The Slack user id.
        name: The name that people see.
        addresses: Every address by which this person is known today.
        object_id: The Entra object id of the account, "" where no one could tell.
        identity: Everything by which this person is known, today or earlier.
    """

    id: str
    name: str
    addresses: frozenset[str]
    object_id: str
    identity: Identity


@dataclass(frozen=True, slots=True)
class Owner:
    """The owner of an account, in Slack.

    Attributes:
        users: Every Slack account that may be the owner's.
        missing: Slack's code where it could not be asked for all of them, "" otherwise.
        verified: By what the owner is known for which the account's tenant answers.
    """

    users: frozenset[str]
    missing: str
    verified: Identity


def doubt_about(ledger: Ledger, person: Identity, tenant: str | None) -> str:
    """Say why this person must not decide anything in a tenant now; "" when nothing is known.

    Whoever holds a taken-over account may hold its owner's Slack account as well. A case of another tenant
    counts where that tenant answers for the account: by its object id, or an address in a domain that it has
    verified. What else its directory says of an address would let whoever writes it bar anybody.

    Args:
        ledger: Where cases are.
        person: Who decides.
        tenant: The tenant's name; None for any of them.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    against = ledger.case_against(person, ("compromised", "suspicious"), tenant=tenant)
    if against:
        found = "is marked compromised" if against.verdict == "compromised" else "is marked suspicious"
        return f"Your own account {found} in case {against.id}, so you cannot use this."
    for case in ledger.unfinished_cases():
        if ledger.owner_in(case, tenant).is_same(person):
            return f"Your own account is under investigation in case {case.id}, so you cannot use this."
    return ""


class People:
    """Says who someone is and what they may do. Any thread may use it.

    Args:
        client: Slack's Web API.
        members: What Slack says about people, and whom the settings name.
        identities: Knows who the named people are.
        doubt: Says why this person must not decide anything in a tenant, "" when nothing is known.

    Attributes:
        on_change: Called with the Slack user id of someone who was seen not to be as they were named.
    """

    def __init__(
        self,
        client: WebClient,
        members: Members,
        identities: Identities,
        doubt: Callable[[Identity, str | None], str] = lambda _, __: "",
    ) -> None:
        self._client = client
        self._members = members
        self._identities = identities
        self._doubt = doubt
        self.on_change: Callable[[str], object] = lambda _: None

    def asker(self, user: str, team: str, tenant: str | None = None) -> Person:
        """Give the person who asks in a tenant.

        Args:
            user: The user id in the payload.
            team: The user's workspace in the payload, "" where it names none.
            tenant: The tenant's name; None for any of those where they may.

        Raises:
            Barred: this person may not ask.
            SlackFailed: Slack did not answer, so no one may.
        """
        try:
            account = self._members.account(user)
        except NotUnderstood as error:
            raise Barred("Slack did not identify you, so you cannot run checks.") from error
        reason = self._members.why_no_asker(account, team, tenant)
        if reason:
            raise Barred(reason)
        known = self._recognize(account, live=False)
        # Asking sends nothing, so that Microsoft cannot be asked right now keeps no one from it.
        if known.why_not and not known.unsure:
            raise Barred(known.why_not)
        return _person(account, known)

    def reporter(self, user: str, team: str) -> Person:
        """Give the person who reports something, which anyone who works here may.

        Raises:
            Barred: this person may not.
            SlackFailed: Slack did not answer, so no one may.
        """
        try:
            account = self._members.account(user)
        except NotUnderstood as error:
            raise Barred("Slack did not identify you, so you cannot report accounts.") from error
        reason = why_no_reporter(account, self._members.home)
        if not reason and team not in ("", self._members.home):
            reason = "People from another workspace cannot report accounts here."
        if reason:
            raise Barred(reason)
        return _person(account, self._identities.recall(account.id, self._members.addresses_of(account)))

    def _recognize(self, account: Account, *, live: bool) -> Known:
        known = self._identities.recognize(
            account.id,
            account.email,
            self._members.addresses_of(account),
            self._members.home_of(account),
            live=live,
        )
        if known.fresh_change:
            self.on_change(account.id)
        return known

    def name_everybody(self) -> Iterator[str]:
        """Note who the named people are that no one has seen yet; give the ids of those who cannot be.

        Raises:
            SlackFailed: Slack does not tell who is named.
            LedgerError: it cannot be noted.
        """
        named = self._members.named()
        for user in sorted(named):
            try:
                account = self._members.account(user)
            except (NotUnderstood, SlackFailed):
                yield user
                continue
            if (
                not why_not(account, self._members.home, named)
                and self._recognize(account, live=False).why_not
            ):
                yield user

    def confirm(self, user: str, actor: str) -> Named:
        """Note who someone is from now on, as Slack and Microsoft say at this moment.

        Raises:
            NotUnderstood: the settings do not name this person, or Slack says that they may do nothing.
            SlackFailed: Slack did not answer.
            GraphError: there is no such account, or Microsoft did not answer.
            LedgerError: it cannot be noted.
        """
        account = self._members.account(user)
        named = self._members.named(fresh=True)
        if account.id not in named:
            raise NotUnderstood(f"The settings list {user} neither as a responder nor as an approver.")
        reason = why_not(account, self._members.home, named)
        if reason:
            raise NotUnderstood(f"{account.name or user} cannot use the bot: {reason}")
        return self._identities.confirm(account.id, account.email, self._members.home_of(account), actor)

    def address_behind(self, user: str) -> str:
        """Give the Microsoft 365 address of someone who was mentioned.

        Raises:
            NotUnderstood: Slack knows no address of theirs.
            SlackFailed: Slack did not answer.
        """
        if user in self._members.addresses:
            return self._members.addresses[user]
        account = self._members.account(user)
        if self._identities.is_changed(user, account.email):
            raise NotUnderstood(
                f"The Slack email address of {account.name} changed since their identity was recorded, "
                "so it may belong to another account. Type the address of the account instead."
            )
        if account.bot:
            raise NotUnderstood(f"{account.name} is a bot and has no mailbox. Type the address instead.")
        if not account.email:
            raise NotUnderstood(f"Slack has no email address for {account.name}. Type the address instead.")
        return account.email

    def owner_in_slack(self, subject: Subject, verified: Collection[str]) -> Owner:
        """Give the Slack accounts of the subject's owner.

        They are those whose address is any of the account's, those whom the settings give one of these, and
        those who were known by one of these when they were named.

        Args:
            subject: The account.
            verified: Those of its addresses for which its tenant answers, lower-cased.
        """
        theirs = Identity.of(objects=(subject.id,), addresses=verified)
        found, sure = self._named_as(owner_of(subject)), self._named_as(theirs)
        known = list(dict.fromkeys((subject.mail, subject.user_principal_name, *subject.addresses)))
        missing = ""
        for address in known[:ADDRESSES_TRIED]:
            try:
                user = str(call(self._client.users_lookupByEmail, email=address)["user"]["id"])
            except SlackFailed as error:
                if error.code not in ("users_not_found", "user_not_found"):
                    missing = error.code
                    break
                continue
            found |= {user}
            sure |= {user} if address in theirs.addresses else frozenset()
        return Owner(found, missing, replace(theirs, users=sure))

    def _named_as(self, owner: Identity) -> frozenset[str]:
        """Give whom the settings or the ledger know by one of these."""
        given = (user for user, address in self._members.addresses.items() if address in owner.addresses)
        return frozenset(given) | self._identities.slack_users_of(owner)

    def voter(
        self,
        user: str,
        team: str = "",
        tenant: str | None = None,
        *,
        factor: bool = False,
        live: bool = True,
        waits: bool = False,
    ) -> Voter:
        """Give the person who votes in a tenant, with the reason why they may not.

        Args:
            user: The user id in the payload.
            team: The user's workspace in the payload, "" where it names none.
            tenant: The tenant's name; None for any of those where they may.
            factor: Whether a second factor was shown with this vote.
            live: Whether everything is read anew. False where nothing is decided by it: the group's list may
                be a minute old then, and Microsoft is not asked who someone is that was named.
            waits: Whether it is asked again later where Microsoft cannot be asked for a moment. Otherwise,
                and where Microsoft refuses, that is the reason why they may not.

        Raises:
            SlackFailed: Slack did not answer, so no one knows.
            VoterUnknown: Microsoft cannot be asked for a moment, and whoever asks waits.
            LedgerError: the ledger cannot be read.
        """
        try:
            account = self._members.account(user)
        except NotUnderstood:
            return Voter(user, frozenset(), "Slack did not identify you, so you cannot vote.", factor)
        barred = self._members.why_no_approver(account, team, tenant, fresh=live)
        if barred:
            known = self._identities.recall(account.id, self._members.addresses_of(account))
        else:
            known = self._recognize(account, live=live)
            if waits and known.passes:
                raise VoterUnknown(known.why_not)
        object_id = "" if known.why_not else known.object_id
        voter = Voter(account.id, known.addresses, barred, factor, object_id, known.earlier)
        return replace(voter, barred=barred or known.why_not or self._doubt(voter.ever, tenant))

    def doubt_about(self, person: Identity, tenant: str | None) -> str:
        """Say why this person must not decide anything in a tenant now, or in any; "" when nothing is known.

        Raises:
            LedgerError: the ledger cannot be read.
        """
        return self._doubt(person, tenant)

    def approvers(self, tenant: str | None = None) -> tuple[str, ...]:
        """Give the ids of everyone whom the settings name as an approver of a tenant, or any, in their order.

        Raises:
            SlackFailed: Slack did not answer.
        """
        return self._members.approvers(tenant)

    def guests_among(self, users: Collection[str]) -> tuple[frozenset[str], int]:
        """Say who of these is a guest or from another company, and about how many more nobody was asked.

        Raises:
            SlackFailed: Slack did not answer.
        """
        return self._members.guests_among(users)

    def sees(self, user: str) -> frozenset[str]:
        """Give the tenants whose settings name someone.

        Raises:
            SlackFailed: Slack did not answer.
        """
        return self._members.sees(user)

    def asks_in(self, user: str) -> frozenset[str]:
        """Give the tenants whose settings name someone as a responder.

        Raises:
            SlackFailed: Slack did not answer.
        """
        return self._members.asks_in(user)

    def responders(self, tenant: str | None = None) -> tuple[str, ...]:
        """Give the ids of everyone whom the settings name as a responder of a tenant, or any, in their order.

        Raises:
            SlackFailed: Slack did not answer.
        """
        return self._members.responders(tenant)


def _person(account: Account, known: Known) -> Person:
    today = Identity.of((account.id,), (known.object_id,), known.addresses)
    return Person(account.id, account.name, known.addresses, known.object_id, today | known.earlier)
