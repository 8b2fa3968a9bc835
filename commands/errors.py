"""What can go wrong in the commands.

    CommandError
    ├── LedgerError
    │   ├── LedgerUnwritable   the file cannot be written or read; nothing was done
    │   │   ├── LedgerFull     its disk has no room
    │   │   └── MarkUnusable   the file beside it that says how long it is cannot be read or written
    │   ├── LedgerTampered     its guards are missing, or an entry does not fit the chain; `seq` names it
    │   │   ├── LedgerCut      it is gone, or shorter than it was
    │   │   ├── LedgerReplaced its file or a side file was removed or replaced while it was open
    │   │   └── AnchorMisfit   it is not the one that a checkpoint was signed for; `anchor` says which
    │   ├── EntryMissing       somebody tried to change a case without writing an entry
    │   └── TenantNameTaken    the settings give a tenant a name that was another one's
    ├── NoSuchCase             no case has this id
    ├── NoSuchHunt             no hunt has this id
    ├── AlreadyLooking         a check of the same subject is running; `case_id` names its case
    ├── KeyUnusable            the key file cannot be used, so nothing can be signed or sealed
    ├── AnchorUnreadable       a text holds no checkpoint, or a damaged one
    ├── NothingToSign          the ledger has no entry yet, so there is no head to sign
    ├── PlanRefused            a plan cannot be proposed as it was chosen; says why, and what to do
    ├── NoSuchProposal         no proposal has this id
    ├── AlreadyProposed        another proposal of the case is not decided yet; `proposal_id` names it
    ├── VoteRefused            a vote that does not count; says why, and was written down
    ├── NotNow                 a proposal does not go that way from where it stands
    ├── AlreadyBegun           a change was begun before; `change_id` names it
    └── NoSuchTask           the case has no manual task of this number

The text of an error is one sentence, fit to be read by the person who asked.
"""

from __future__ import annotations


class CommandError(Exception):
    """Base of all errors of this package."""


class LedgerError(CommandError):
    """Base of everything that is wrong with the ledger."""


class LedgerUnwritable(LedgerError):
    """The ledger cannot be written or read, so nothing was done."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"The ledger {path} is not usable ({why}), so nothing was done.")
        self.path = path
        self.why = why


class LedgerFull(LedgerUnwritable):
    """The disk of the ledger has no room, and nothing is done of which no record can be kept."""

    def __init__(self, path: str) -> None:
        super().__init__(path, "the disk is full")
        says = f"The disk that holds the ledger {path} is full, so nothing more can be recorded or done."
        self.args = (f"{says} Whoever runs the bot must make room on it.",)


class MarkUnusable(LedgerUnwritable):
    """The file that says how long the ledger is cannot be read or written."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(path.removesuffix(".head"), why)
        says = (
            f"The file {path} cannot be read and written ({why}). It says how long the ledger is; without it "
            "the next start would take the ledger for a copy and end every open plan. Make it and its folder "
            "writable for the user who runs the bot, and start again."
        )
        self.args = (says,)


class LedgerTampered(LedgerError):
    """The ledger is not what was written; `seq` is the first bad entry, or None for the file as such."""

    def __init__(self, why: str, seq: int | None = None) -> None:
        where = "The ledger" if seq is None else f"Entry {seq} of the ledger"
        super().__init__(f"{where} {why}.")
        self.seq = seq
        self.why = why


class TenantNameTaken(LedgerError):
    """The settings give a tenant a name under which the ledger has the cases of another one."""

    def __init__(self, name: str, noted: str, given: str) -> None:
        says = f"{name} is the name of tenant {noted} in the ledger, and of {given} in the settings"
        if "." in noted + given:
            # A domain in the place of an id.
            says += (
                f". Microsoft did not confirm that both are one tenant. If they are, write {noted} as its "
                "tenant_id again, or start again when Microsoft answers; otherwise give"
            )
        else:
            says += ", so its cases would become another tenant's. Give"
        super().__init__(f"{says} the tenant in the settings a name of its own.")


class LedgerCut(LedgerTampered):
    """The ledger has fewer entries than it had, or other ones: files were removed, or replaced."""

    def __init__(self, path: str, size: int, was: int, mark: str) -> None:
        super().__init__(
            f"{path} has {size} entries, but it had {was}: its file or its side files (-wal, "
            "-shm) were removed, or it was replaced by an older copy. Nothing was done. Restore "
            f"the newest backup; to continue with this file, remove {mark} first"
        )


class LedgerReplaced(LedgerTampered):
    """The ledger's file, or a side file of it, was removed or replaced while the program has it open."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"{path} or a side file of it (-wal, -shm) was removed or replaced while the bot was running. "
            "Nothing was done, and nothing will be until it is restarted. Find out who did it, restore the "
            "newest backup, and run `compromise ledger verify` first"
        )


class AnchorMisfit(LedgerTampered):
    """The ledger is not the one that a checkpoint was signed for.

    Args:
        why: What does not fit, as it goes on after "The ledger".
        anchor: Where the checkpoint was found, such as "line 7 of anchors.txt".
        seq: The first entry that may be another one than was signed, None where that says nothing.
    """

    def __init__(self, why: str, anchor: str, seq: int | None = None) -> None:
        super().__init__(why)
        self.seq = seq
        self.anchor = anchor


class EntryMissing(LedgerError):
    """A change of the small tables without an entry; a mistake in the program, so nothing was kept."""

    def __init__(self) -> None:
        super().__init__("A case can change only with a ledger entry.")


class NoSuchHunt(CommandError):
    """No hunt has this id."""

    def __init__(self, hunt: str) -> None:
        super().__init__(f"There is no hunt {hunt}. A hunt's ID is at the bottom of its card.")
        self.hunt = hunt


class NoSuchCase(CommandError):
    """No case has this id."""

    def __init__(self, case_id: str) -> None:
        super().__init__(f"There is no case {case_id}. A case's ID is at the bottom of its card.")
        self.case_id = case_id


class AlreadyLooking(CommandError):
    """A check of the same subject is running."""

    def __init__(self, case_id: str) -> None:
        super().__init__(
            f"This account is being checked in case {case_id}. Its card shows the result, with the report in "
            "its thread, when the check ends; repeat this then."
        )
        self.case_id = case_id


class KeyUnusable(CommandError):
    """The key file cannot be used."""


class AnchorUnreadable(CommandError):
    """A text that should hold checkpoints holds none, or a damaged one."""


class NothingToSign(CommandError):
    """The ledger is empty."""

    def __init__(self) -> None:
        super().__init__("The ledger is empty, so there is nothing to sign.")


class PlanRefused(CommandError):
    """A plan cannot be proposed as it was chosen."""


class NoSuchProposal(CommandError):
    """No proposal has this id."""

    def __init__(self, proposal_id: str) -> None:
        super().__init__(f"There is no proposal {proposal_id}. A proposal's ID is at the bottom of its card.")
        self.proposal_id = proposal_id


class AlreadyProposed(CommandError):
    """Another proposal of the same case is not decided, or not carried out yet."""

    def __init__(self, proposal_id: str, state: str) -> None:
        super().__init__(
            f"Proposal {proposal_id} of this case is {state}. Approve, deny or withdraw it first: "
            "it would change the state that a second plan is based on."
        )
        self.proposal_id = proposal_id


class VoteRefused(CommandError):
    """A vote that does not count."""


class NotNow(CommandError):
    """A proposal does not go that way from where it stands."""


class AlreadyBegun(CommandError):
    """A change was begun before and has no outcome yet, or has one."""

    def __init__(self, proposal_id: str, change_id: str) -> None:
        super().__init__(f"The change {change_id} of proposal {proposal_id} was already started.")
        self.change_id = change_id


class NoSuchTask(CommandError):
    """The case has no manual task of this number."""

    def __init__(self, case_id: str, number: int) -> None:
        super().__init__(f"Case {case_id} has no manual task {number}. Type: /compromise tasks {case_id}")
        self.number = number
