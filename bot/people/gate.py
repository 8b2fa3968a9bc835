"""Who may ask, in which tenant and channel, and which account or case they mean; the same for every verb.

What belongs to a tenant in which the settings do not name a person does not exist for them: the answer is the
one that they would get if there were no such tenant, case, hunt or proposal.

Longer than other files because no rule of who sees what may stand outside of it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import structlog

from bot.errors import Barred, NotUnderstood, SlackFailed
from bot.people.meant import About, Address, Alias, CaseId, Mention, Who
from bot.people.persons import Owner, People, Person
from bot.people.tenancy import Tenancy
from bot.slack.intake import Asked
from commands.errors import AlreadyLooking, NoSuchCase
from commands.identity import Identity
from commands.ledger import Case, CaseState, Ledger
from commands.plans.approval import Voter
from graph.accounts import Candidate, find_subject, people_named
from graph.connection import Connection
from graph.errors import GraphError, NoSuchUser
from graph.question import Subject
from graph.tenants import Tenants
from graph.verified import verified_addresses

log = structlog.get_logger(__name__)


class Gate:
    """Reads from Slack, the ledger and Microsoft what a question is about. Any thread may use it.

    Args:
        ledger: Where cases are.
        people: Who someone in Slack is.
        tenants: Where accounts are looked for.
        tenancy: Whose each tenant is.

    Attributes:
        ours: The configured mail domains, whose addresses stay readable in what is said.
    """

    def __init__(self, ledger: Ledger, people: People, tenants: Tenants, tenancy: Tenancy) -> None:
        self._ledger = ledger
        self._people = people
        self._tenants = tenants
        self._tenancy = tenancy
        self.ours = frozenset(domain for one in tenants.settings for domain in one.domains)

    # --- which tenants there are for whoever asks ----------------------------------------------------------

    def asks_in(self, asked: Asked) -> frozenset[str]:
        """Give the tenants that this person may ask about, in this channel.

        For everything that is looked for, these are all the tenants that there are.

        Raises:
            Barred: there is none.
            SlackFailed: Slack did not answer, so no one knows.
        """
        self.asker(asked)
        return self._here(asked, self._people.asks_in(asked.user))

    def sees(self, asked: Asked) -> frozenset[str]:
        """Give the tenants whose cases this person may read, in this channel.

        Raises:
            Barred: there is none.
            SlackFailed: Slack did not answer, so no one knows.
        """
        named = self._people.sees(asked.user)
        if not named:
            self.asker(asked)
            raise Barred("You are not a responder.")
        return self._here(asked, named)

    def is_foreign(self, asked: Asked, tenant: str) -> bool:
        """Whether the settings name this person in other tenants only: this one does not exist for them.

        Raises:
            SlackFailed: Slack did not answer, so no one knows.
        """
        named = self._people.sees(asked.user)
        return bool(named) and self._tenancy.whose(tenant) not in named

    def demand_here(self, asked: Asked, tenant: str) -> None:
        """See that a tenant's affairs belong into the channel in which someone asks.

        Raises:
            Barred: they do not.
        """
        why = self._tenancy.why_not_in(tenant, asked.channel)
        if why:
            raise Barred(why)

    def readable_for(self, user: str) -> frozenset[str]:
        """Give the mail domains whose addresses are written out in what someone is told.

        Of several tenants they are those that this person may see: what is written out tells that it is ours.
        """
        if len(self._tenancy.names) == 1:
            return self.ours
        try:
            return frozenset(self._domains(self._people.sees(user)))
        except SlackFailed as error:
            log.info("Nobody knows who reads an answer.", action="answer.unsure", why=str(error))
            return frozenset()

    def readable_in(self, tenant: str) -> frozenset[str]:
        """Give the mail domains whose addresses are written out where people of a tenant, "" of all, read."""
        if len(self._tenancy.names) == 1:
            return self.ours
        return frozenset(self._domains([self._tenancy.whose(tenant)] if tenant else []))

    def asks_about(self, asked: Asked) -> frozenset[str]:
        """Give the mail domains of the tenants that this person may ask about, in this channel.

        Raises:
            Barred: there is none.
            SlackFailed: Slack did not answer, so no one knows.
        """
        among = self.asks_in(asked)
        return self.ours if len(self._tenancy.names) == 1 else frozenset(self._domains(among))

    def demand_record(self, asked: Asked) -> None:
        """See that the record that a button names is there for this person.

        Raises:
            NotUnderstood: it is another tenant's; the sentence is that for a record that there is not.
        """
        if asked.tenant and self.is_foreign(asked, asked.tenant):
            raise NotUnderstood(asked.missing)

    def tenant_for(self, account: str) -> str:
        """Give the name of the tenant that an address belongs to, "" where no one can tell."""
        try:
            return self._tenants.answering_for(account).settings.name
        except GraphError:
            return self._tenancy.names[0] if len(self._tenancy.names) == 1 else ""

    def _here(self, asked: Asked, named: frozenset[str]) -> frozenset[str]:
        why = {name: self._tenancy.why_not_in(name, asked.channel) for name in sorted(named)}
        here = frozenset(name for name, barred in why.items() if not barred)
        if not here:
            raise Barred(next(iter(why.values()), "You are not a responder."))
        return here

    def _case(self, asked: Asked, case_id: str) -> Case:
        """Give a case; one of a tenant that this person may not see is none.

        Raises:
            NoSuchCase: there is none with this id.
            Barred: this person may see none at all, or not in this channel.
        """
        if not self._people.sees(asked.user):
            self.sees(asked)
        case = self._ledger.case(case_id)
        if self.is_foreign(asked, case.tenant):
            raise NoSuchCase(case_id)
        self.demand_here(asked, case.tenant)
        return case

    # --- people --------------------------------------------------------------------------------------------

    def asker(self, asked: Asked, tenant: str | None = None) -> Person:
        """Give the person who asks in a tenant; in any of theirs where it is None.

        Raises:
            Barred: this person may not ask.
            SlackFailed: Slack did not answer, so no one may.
        """
        asker = self._people.asker(asked.user, asked.team, tenant)
        suspected = self._ledger.case_against(asker.identity, tenant=tenant)
        if suspected:
            raise Barred(
                f"Your own account is marked compromised in case {suspected.id}, so you cannot use this."
            )
        return asker

    def voter(self, asked: Asked, tenant: str | None = None, *, factor: bool = False) -> Voter:
        """Give the person who decides in a tenant, with the reason why they may not; all is read anew.

        Raises:
            SlackFailed: Slack did not answer, so no one knows.
            LedgerError: the ledger cannot be read.
        """
        return self._people.voter(asked.user, asked.team, tenant, factor=factor)

    def voter_about(self, asked: Asked, case_id: str, *, factor: bool = False) -> Voter:
        """Give the person who decides about the account of a case; the owner's Slack accounts are known then.

        Raises:
            SlackFailed: Slack did not answer, so no one knows.
            LedgerError: the ledger cannot be used.
        """
        case = self._ledger.case(case_id)
        unbound = self._bind(case)
        voter = self.voter(asked, case.tenant, factor=factor)
        return replace(voter, barred=voter.barred or unbound)

    def _bind(self, case: Case) -> str:
        """Look for the Slack accounts of the owner, where no one could; say why no one may decide yet.

        Raises:
            LedgerTampered: the case is bound to somebody else, or to nobody, other than its entries say.
        """
        self._ledger.owner(case.subject, case.tenant)
        if case.owners is not None and not case.owners_missing:
            return ""
        found = self.owner_in_slack(case.subject, case.tenant)
        users = found.users | (case.owners or frozenset())
        if (users, found.missing) != (case.owners, case.owners_missing):
            # A case from before tenants were asked keeps whom it was bound to, in every tenant.
            before = case.verified or Identity.of(case.owners or ())
            with self._ledger.writing() as writing:
                writing.bind_owner(case.id, case.subject, users, found.missing, found.verified | before)
        return not_asked(found.missing) if found.missing else ""

    def owner_in_slack(self, subject: Subject, tenant: str) -> Owner:
        """Give the owner of an account in Slack, and for which of its addresses its tenant answers.

        Where Microsoft cannot say which domains are the tenant's, that of the user principal name counts.
        """
        try:
            domains = self._tenants.named(tenant).verified.names()
        except GraphError as error:
            log.warning("The verified domains are not known.", action="domains.unknown", why=str(error))
            domains = frozenset()
        return self._people.owner_in_slack(subject, verified_addresses(subject, domains))

    def asker_about(self, asked: Asked, case: Case) -> Person:
        """Give the person who asks about the account of a case.

        Raises:
            Barred: this person may not ask, or not about this account.
            SlackFailed: Slack did not answer, so no one may.
        """
        asker = self.asker(asked, case.tenant)
        self.keep_from_own(asker, case.subject, case.tenant)
        return asker

    def proposer_about(self, asked: Asked, case: Case) -> None:
        """See that the one who proposed something about the account of a case may still decide about it.

        Whoever holds the proposer's Slack account by now must not take a plan back, or read a password.

        Raises:
            Barred: this person may not ask any more, or not about this account, or is in doubt.
            SlackFailed: Slack did not answer, so no one may.
            LedgerError: the ledger cannot be read.
        """
        doubt = self._people.doubt_about(self.asker_about(asked, case).identity, case.tenant)
        if doubt:
            raise Barred(doubt)

    def reader_about(self, asked: Asked, case: Case) -> None:
        """See that someone may read about the account of a case: whoever may ask, and whoever may approve.

        Raises:
            Barred: this person may do neither.
            SlackFailed: Slack did not answer, so no one may.
        """
        try:
            self.asker_about(asked, case)
        except Barred:
            voter = self.voter(asked, case.tenant)
            if voter.barred or self._ledger.owner(case.subject, case.tenant).is_same(voter.ever):
                raise

    def keep_from_own(self, asker: Person, subject: Subject, tenant: str) -> None:
        """See that no one asks about their own account in a tenant.

        Raises:
            Barred: it is their own.
        """
        if self._ledger.owner(subject, tenant).is_same(asker.identity):
            raise Barred("You cannot check your own account. Ask a colleague to do it.")

    def account(self, who: Who, among: Collection[str]) -> tuple[Subject, Connection]:
        """Find the account that is meant, and its tenant, among the tenants of these names.

        Raises:
            NotUnderstood: an alias means more than one account, or Slack knows no address.
            GraphError: there is no such account, or Microsoft did not answer.
        """
        match who:
            case Alias(alias):
                return self._by_alias(alias, among)
            case Mention(user):
                address = self._people.address_behind(user)
            case Address(typed):
                address = typed
        connection = self._tenants.answering_for(address, among)
        return find_subject(address, connection), connection

    def candidates(self, name: str, among: Collection[str]) -> tuple[Candidate, ...]:
        """Give the accounts of these tenants that a name may mean, for someone to choose from.

        Raises:
            NotUnderstood: no account has a name that begins like this.
            GraphError: Microsoft did not answer.
        """
        found = [one for connection in self._tenants.each(among) for one in people_named(name, connection)]
        if not found:
            raise NotUnderstood(
                f"No account has a name that begins with “{name}”. The name may have been changed; "
                "type the address."
            )
        return tuple(found)

    def cases(self, about: About, asked: Asked) -> tuple[Case, ...]:
        """Give the cases that are meant, the newest first; Microsoft is not asked.

        Raises:
            NoSuchCase: there is none with this id, or none that this person may see.
            Barred: this person may see none at all, or not in this channel.
            NotUnderstood: no one has looked into this account yet, or an alias means more than one account.
        """
        seen = frozenset() if isinstance(about, CaseId) else self.sees(asked)
        match about:
            case CaseId(case_id):
                return (self._case(asked, case_id),)
            case Address(address):
                wanted = [address]
            case Mention(user):
                wanted = [self._people.address_behind(user)]
            case Alias(alias):
                wanted = [f"{alias}@{domain}" for domain in self._domains(seen)]
        found = [
            case
            for address in wanted
            for case in self._cases_of(address)
            if self._tenancy.whose(case.tenant) in seen
        ]
        if not found:
            if isinstance(about, Alias):
                # Nobody typed the address that an alias would have; a check finds names as well.
                raise NotUnderstood(
                    f"There is no case for {about.alias} yet. Type the whole address of the account; "
                    f"/compromise check {about.alias} finds it."
                )
            raise NotUnderstood(f"There is no case for {wanted[0]} yet. Type: /compromise check {wanted[0]}")
        accounts = {(case.tenant, case.subject.id): case.subject.user_principal_name for case in found}
        if len(accounts) > 1:
            names = ", ".join(sorted(accounts.values()))
            raise NotUnderstood(f"More than one account matches: {names}. Type the full address.")
        return tuple({case.id: case for case in found}.values())

    def finished_case(self, about: About, asked: Asked) -> Case:
        """Give the newest finished case that is meant, as its entries tell of it.

        Raises:
            LedgerTampered: its table says something else.
            AlreadyLooking: the account is being looked into at this moment.
            NotUnderstood: there is none.
        """
        cases = self.cases(about, asked)
        for case in cases:
            if case.state is CaseState.LOOKING:
                raise AlreadyLooking(case.id)
            if case.state is CaseState.DONE and case.report:
                self._ledger.demand_as_noted(case)
                return case
        name = cases[0].subject.mail
        raise NotUnderstood(f"No check of {name} has finished yet. Type: /compromise check {name}")

    def _cases_of(self, address: str) -> list[Case]:
        return [case for case in self._ledger.cases_about(address) if case.subject.is_meant_by(address)]

    def _domains(self, among: Collection[str]) -> list[str]:
        """The mail domains of these tenants."""
        return sorted(domain for one in self._tenants.settings if one.name in among for domain in one.domains)

    def _by_alias(self, alias: str, among: Collection[str]) -> tuple[Subject, Connection]:
        """Try an alias in every domain of these tenants; more than one hit is no one's to guess."""
        found: dict[tuple[str, str], tuple[Subject, Connection]] = {}
        for connection in self._tenants.each(among):
            for domain in connection.settings.domains:
                try:
                    subject = find_subject(f"{alias}@{domain}", connection)
                except NoSuchUser:
                    continue
                found[connection.settings.name, subject.id] = (subject, connection)
        if not found:
            domains = ", ".join(self._domains(among)) or "any domain, as the settings name none"
            raise NoSuchUser(f"No account {alias} in {domains}. Type the full address.")
        if len(found) > 1:
            names = ", ".join(sorted(subject.user_principal_name for subject, _ in found.values()))
            raise NotUnderstood(f"{alias} matches more than one account: {names}. Type the full address.")
        return next(iter(found.values()))


def not_asked(code: str) -> str:
    """Say that the owner's Slack accounts are not known."""
    return (
        f"Slack did not say which Slack accounts the owner has ({code}), so no one can vote "
        "on this account yet. Try again."
    )
