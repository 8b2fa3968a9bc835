"""What can go wrong in the commands.

    CommandError
    ├── LedgerError
    │   ├── LedgerUnwritable   the file cannot be written or read; nothing was done
    │   ├── LedgerTampered     its guards are missing, or an entry does not fit the chain; `seq` names it
    │   └── EntryMissing       somebody tried to change a case without writing an entry
    ├── NoSuchCase             no case has this id
    └── AlreadyLooking         a check of the same subject is running; `case_id` names its case

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
        super().__init__(f"The ledger {path} cannot be used ({why}), so nothing was done.")
        self.path = path
        self.why = why


class LedgerTampered(LedgerError):
    """The ledger is not what was written; `seq` is the first bad entry, or None for the file as such."""

    def __init__(self, why: str, seq: int | None = None) -> None:
        where = "The ledger" if seq is None else f"Entry {seq} of the ledger"
        super().__init__(f"{where} {why}.")
        self.seq = seq
        self.why = why


class EntryMissing(LedgerError):
    """A change of the small tables without an entry; a mistake in the program, so nothing was kept."""

    def __init__(self) -> None:
        super().__init__("A case may only change together with an entry in the ledger.")


class NoSuchCase(CommandError):
    """No case has this id."""

    def __init__(self, case_id: str) -> None:
        super().__init__(f"There is no case {case_id}.")
        self.case_id = case_id


class AlreadyLooking(CommandError):
    """A check of the same subject is running."""

    def __init__(self, case_id: str) -> None:
        super().__init__(f"This account is being checked already, in case {case_id}.")
        self.case_id = case_id
