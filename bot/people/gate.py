"""Who may ask, and which account or case they mean; the same for every verb."""

from __future__ import annotations

from dataclasses import replace

from bot.errors import Barred, NotUnderstood
from bot.people.meant import About, Address, Alias, CaseId, Mention, Who
from bot.people.persons import People, Person
from bot.slack.intake import Asked
from commands.approval import Voter
from commands.errors import AlreadyLooking
from commands.ledger import Case, CaseState, Ledger
from graph.by_name import Candidate, people_named
from graph.collect import Connection, find_subject
from graph.errors import NoSuchUser
from graph.question import Subject
from graph.tenants import Tenants


class Gate:
    """Reads from Slack, the ledger and Microsoft what a question is about. Any thread may use it.

    Args:
        ledger: Where cases are.
        people: Who someone in Slack is.
        tenants: Where accounts are looked for.

    Attributes:
        ours: The configured mail domains, whose addresses stay readable in what is said.
    """

    def __init__(self, ledger: Ledger, people: People, tenants: Tenants) -> None:
        self._ledger = ledger
        self._people = people
        self._tenants = tenants
        self.ours = frozenset(domain for one in tenants.settings for domain in one.domains)

    def asker(self, asked: Asked) -> Person:
        """Give the person who asks.

        Raises:
            Barred: this person may not ask.
            SlackFailed: Slack did not answer, so no one may.
        """
        asker = self._people.asker(asked.user, asked.team)
        suspected = self._ledger.case_against(asker.identity)
        if suspected:
            raise Barred(
                f"Your own account is marked compromised in case {suspected.id}, so you cannot use this."
            )
        return asker

    def voter(self, asked: Asked, *, factor: bool = False) -> Voter:
        """Give the person who decides, with the reason why they may not; everything is read anew.

        Raises:
            SlackFailed: Slack did not answer, so no one knows.
            LedgerError: the ledger cannot be read.
        """
        return self._people.voter(asked.user, asked.team, factor=factor)

    def voter_about(self, asked: Asked, case_id: str, *, factor: bool = False) -> Voter:
        """Give the person who decides about the account of a case; the owner's Slack accounts are known then.

        Raises:
            SlackFailed: Slack did not answer, so no one knows.
            LedgerError: the ledger cannot be used.
        """
        unbound = self._bind(self._ledger.case(case_id))
        voter = self.voter(asked, factor=factor)
        return replace(voter, barred=voter.barred or unbound)

    def _bind(self, case: Case) -> str:
        """Look for the Slack accounts of the owner, where no one could; say why no one may decide yet.

        Raises:
            LedgerTampered: the case is bound to somebody else, or to nobody, other than its entries say.
        """
        self._ledger.owner(case.subject)
        if case.owners is not None and not case.owners_missing:
            return ""
        found, missing = self._people.slack_users_of(case.subject)
        users = found | (case.owners or frozenset())
        if (users, missing) != (case.owners, case.owners_missing):
            with self._ledger.writing() as writing:
                writing.bind_owner(case.id, case.subject, users, missing)
        return not_asked(missing) if missing else ""

    def asker_about(self, asked: Asked, subject: Subject) -> Person:
        """Give the person who asks about this account.

        Raises:
            Barred: this person may not ask, or not about this account.
            SlackFailed: Slack did not answer, so no one may.
        """
        asker = self.asker(asked)
        self.keep_from_own(asker, subject)
        return asker

    def proposer_about(self, asked: Asked, subject: Subject) -> None:
        """See that the one who proposed something about this account may still decide about it.

        Whoever holds the proposer's Slack account by now must not take a plan back, or read a password.

        Raises:
            Barred: this person may not ask any more, or not about this account, or is in doubt.
            SlackFailed: Slack did not answer, so no one may.
            LedgerError: the ledger cannot be read.
        """
        doubt = self._people.doubt_about(self.asker_about(asked, subject).identity)
        if doubt:
            raise Barred(doubt)

    def reader_about(self, asked: Asked, subject: Subject) -> None:
        """See that someone may read about this account: whoever may ask, and whoever may approve.

        Raises:
            Barred: this person may do neither.
            SlackFailed: Slack did not answer, so no one may.
        """
        try:
            self.asker_about(asked, subject)
        except Barred:
            voter = self.voter(asked)
            if voter.barred or self._ledger.owner(subject).is_same(voter.ever):
                raise

    def keep_from_own(self, asker: Person, subject: Subject) -> None:
        """See that no one asks about their own account.

        Raises:
            Barred: it is their own.
        """
        if self._ledger.owner(subject).is_same(asker.identity):
            raise Barred("You cannot check your own account. Ask a colleague to do it.")

    def account(self, who: Who) -> tuple[Subject, Connection]:
        """Find the account that is meant, and its tenant.

        Raises:
            NotUnderstood: an alias means more than one account, or Slack knows no address.
            GraphError: there is no such account, or Microsoft did not answer.
        """
        match who:
            case Alias(alias):
                return self._by_alias(alias)
            case Mention(user):
                address = self._people.address_behind(user)
            case Address(typed):
                address = typed
        connection = self._tenants.for_address(address)
        return find_subject(address, connection), connection

    def candidates(self, name: str) -> tuple[Candidate, ...]:
        """Give the accounts of all tenants that a name may mean, for someone to choose from.

        Raises:
            NotUnderstood: no account has a name that begins like this.
            GraphError: Microsoft did not answer.
        """
        found = [one for connection in self._tenants.each() for one in people_named(name, connection)]
        if not found:
            raise NotUnderstood(
                f"No account has a name that begins with “{name}”. The name may have been changed; "
                "type the address."
            )
        return tuple(found)

    def cases(self, about: About) -> tuple[Case, ...]:
        """Give the cases that are meant, the newest first; Microsoft is not asked.

        Raises:
            NoSuchCase: there is none with this id.
            NotUnderstood: no one has looked into this account yet, or an alias means more than one account.
        """
        match about:
            case CaseId(case_id):
                return (self._ledger.case(case_id),)
            case Address(address):
                wanted = [address]
            case Mention(user):
                wanted = [self._people.address_behind(user)]
            case Alias(alias):
                wanted = [f"{alias}@{domain}" for domain in sorted(self.ours)]
        found = [case for address in wanted for case in self._cases_of(address)]
        if not found:
            name = wanted[0] if wanted else about.alias if isinstance(about, Alias) else ""
            raise NotUnderstood(f"There is no case for {name} yet. Type: /compromise check {name}")
        accounts = {(case.tenant, case.subject.id): case.subject.user_principal_name for case in found}
        if len(accounts) > 1:
            names = ", ".join(sorted(accounts.values()))
            raise NotUnderstood(f"More than one account matches: {names}. Type the full address.")
        return tuple({case.id: case for case in found}.values())

    def finished_case(self, about: About) -> Case:
        """Give the newest finished case that is meant, as its entries tell of it.

        Raises:
            LedgerTampered: its table says something else.
            AlreadyLooking: the account is being looked into at this moment.
            NotUnderstood: there is none.
        """
        cases = self.cases(about)
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

    def _by_alias(self, alias: str) -> tuple[Subject, Connection]:
        """Try an alias in every domain of every tenant; more than one hit is no one's to guess."""
        found: dict[tuple[str, str], tuple[Subject, Connection]] = {}
        for connection in self._tenants.each():
            for domain in connection.settings.domains:
                try:
                    subject = find_subject(f"{alias}@{domain}", connection)
                except NoSuchUser:
                    continue
                found[connection.settings.name, subject.id] = (subject, connection)
        if not found:
            domains = ", ".join(sorted(self.ours)) or "any domain, as the settings name none"
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
