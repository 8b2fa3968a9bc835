"""The ledger: the append-only record of every question, proposal, vote, action and outcome.

The way of a vote, which is that of everything else::

    commands/containment/proposals.py   Proposals.vote decides, and appends a Voted
    entries.py              Voted: its fields, under the code `voted`
    writing.py              Writing.append: chain.following hashes its bytes, one INSERT stores them, and
    apply.py                `case Voted()` makes the row of `votes`, in the same transaction
    verify.py               applies the same entries to empty tables, and compares every column
    bot/messages/history.py `case Voted()` says it in words

``schema.py`` has the tables; ``cases.py``, ``proposals.py``, ``tasks.py`` and ``factors.py`` read them;
``book.py`` opens the file and its transactions; ``recorded.py`` compares who people are with the entries;
``tenants.py`` knows which tenant a name stands for; ``rebuild.py`` makes the tables anew; ``checkpoint.py``
signs the head; ``mark.py`` knows how long it was.
"""

from commands.ledger.book import Ledger
from commands.ledger.cases import Case, CaseState, SlackRequest
from commands.ledger.chain import Entry, Head, moment, sha256_of
from commands.ledger.ids import CASE_LETTERS, new_case_id
from commands.ledger.verify import verify_ledger
from commands.ledger.writing import BOT, Writing

__all__ = [
    "BOT",
    "CASE_LETTERS",
    "Case",
    "CaseState",
    "Entry",
    "Head",
    "Ledger",
    "SlackRequest",
    "Writing",
    "moment",
    "new_case_id",
    "sha256_of",
    "verify_ledger",
]
