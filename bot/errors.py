"""What can go wrong at the edge to people.

    BotError
    ├── NotUnderstood      what was typed cannot be read; says what, and what to type
    ├── Barred             this person may not ask; says why
    ├── AlreadyEnrolled    this person has a second factor already
    ├── CannotPost         Slack does not let the bot post there; says what to do about it
    │   └── RoomShared         the channel is shared with another company by now
    │       └── RoomTaken          the channel is another tenant's, or none of this one's, by now
    ├── VoterUnknown       Microsoft cannot say for a moment who voted; what was approved waits
    ├── NotTheKeeper       somebody else has this bot's place, so it carries nothing out
    ├── AlreadyCarriedOut  a plan is being carried out in this very moment; a second run of it does nothing
    ├── SlackFailed        Slack answered with an error that no one asked for; `code` is Slack's name of it
    │   ├── MessageGone        the message that was to be edited is not there any more
    │   └── SlackUnreachable   Slack gave no answer at all; says which host, and what to check
    ├── ArchiveUnreadable  a file is no evidence archive of ours
    ├── ArchiveAltered     a file in an evidence archive is not the one of its manifest; `name` says which
    └── CannotStart        the bot cannot start; says what is in the way
        └── ExportUnreadable   the audit log that a played tenant was to hold cannot be read

    SettingsError          the settings cannot be used; a line for each thing that is wrong

The text of an error is one sentence, fit to be read by the person who asked. It may hold what that person
typed, so it is escaped where it is shown.
"""

from __future__ import annotations


class BotError(Exception):
    """Base of all errors of this package."""


class SettingsError(Exception):
    """The settings cannot be used; `problems` holds one line for each thing that is wrong."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class NotUnderstood(BotError):
    """What was typed cannot be read."""


class Barred(BotError):
    """This person may not ask."""


class AlreadyEnrolled(BotError):
    """This person has a second factor already; replacing it from Slack would make it worthless."""

    def __init__(self) -> None:
        super().__init__(
            "You already have a second factor. The bot's operator can remove it: compromise factor remove."
        )


class CannotPost(BotError):
    """The bot cannot post in this channel."""


class RoomShared(CannotPost):
    """The channel is shared with another company, or is about to be."""


class RoomTaken(RoomShared):
    """The channel is one of another tenant's, whose people read it, or none of the tenant's own."""


class VoterUnknown(BotError):
    """Microsoft cannot say for a moment who somebody is who voted, so what was approved waits."""


class AlreadyCarriedOut(BotError):
    """A plan is being carried out at this moment, so a second run of it does nothing."""

    def __init__(self, proposal_id: str) -> None:
        super().__init__(f"Proposal {proposal_id} is being carried out already.")


class NotTheKeeper(BotError):
    """This process does not hold the keeper's place in the job database, so it carries nothing out."""

    def __init__(self) -> None:
        super().__init__("This bot does not have its place in the job database.")


class SlackFailed(BotError):
    """Slack did not do what it was asked, for a reason that the person who asked cannot help.

    Args:
        method: The method of Slack's Web API.
        code: Slack's name of the error, or what happened in its place.
        passing: Whether the same call may succeed a little later.
        retry_after: For how many seconds Slack wants no further call.
    """

    def __init__(self, method: str, code: str, *, passing: bool = False, retry_after: float = 0.0) -> None:
        super().__init__(f"Slack refused the request ({code}).")
        self.method = method
        self.code = code
        self.passing = passing
        self.retry_after = retry_after


class MessageGone(SlackFailed):
    """The message that was to be edited is not there, or cannot be edited any more."""


class SlackUnreachable(SlackFailed):
    """Slack gave no answer at all; the same call may succeed once it can be reached.

    Args:
        method: The method of Slack's Web API.
        code: What happened, in short.
        why: The host, the cause and what to check, as it goes on after a colon.
    """

    def __init__(self, method: str, code: str, why: str) -> None:
        super().__init__(method, code, passing=True)
        self.args = (f"Slack could not be reached: {why}.",)


class ArchiveUnreadable(BotError):
    """A file is no evidence archive, or too damaged to be read as one."""


class ArchiveAltered(BotError):
    """An evidence archive is not what was packed.

    Args:
        name: The first file in it that is wrong.
        why: What is wrong with it, as it goes on after its name.
    """

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"The file {name} in the archive {why}.")
        self.name = name


class CannotStart(BotError):
    """The bot cannot start."""


class ExportUnreadable(CannotStart):
    """The audit log that a played tenant was to hold cannot be read."""
