"""Who writes everything down."""

from __future__ import annotations

from evaluation.writing.directory import DirectoryLog
from evaluation.writing.mailbox import MailboxLog
from evaluation.writing.sign_ins import SignInLog


class Scribe(SignInLog, MailboxLog, DirectoryLog):
    """Writes sign-ins, what is done in mailboxes, directory and files into the two logs of a firm."""
