"""`compromise init` in Slack: tokens are pasted, what can be found out is found out, and people say yes."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import typer
from pydantic import ValidationError

from bot.cli import hidden
from bot.cli.ending import Stopped
from bot.cli.statuses import BAD_INPUT
from bot.cli.wrapping import wrapped
from bot.errors import BotError
from bot.messages.escape import visible

if TYPE_CHECKING:
    from bot.setup.find_in_slack import Channel, Named, Tokens, Workspace
    from bot.setup.init import Answers

Answer = TypeVar("Answer")


def join(folder: Path, administrator: str, held: Tokens | None = None) -> bool:
    """Ask for the tokens, find channels and people, and write them down after a yes.

    Args:
        folder: Where `compromise.toml` lies.
        administrator: The address of whoever signed in to Microsoft 365, "" where nobody did.
        held: The tokens, where Slack's command-line tool handed them over.

    Returns:
        Whether it was written; False where nobody has tokens yet.

    Raises:
        Stopped: nobody answered; nothing of Slack was written.
        SettingsError: a file cannot be written, or Slack stands in it already.
    """
    from bot.setup import write_slack  # noqa: PLC0415 - `--help` needs none of it
    from bot.setup.init import InSlack  # noqa: PLC0415 - as above

    write_slack.demand_room(folder)
    again = f"To try again: compromise init --slack --folder {folder}"
    try:
        opened = _opened() if held is None else (held, _tried(partial(_workspace, held)))
        if opened is None:
            return False
        tokens, workspace = opened
        if held is not None:
            _wait_for_channels()
        channel, checkpoints, responders, approvers = _agreed(workspace, administrator)
    except KeyboardInterrupt as interrupted:
        # Where nothing is shown of what is typed, no prompt of typer's makes an answer of Ctrl-C.
        raise Stopped(BAD_INPUT, *_unanswered().lines, again) from interrupted
    except Stopped as stopped:
        raise Stopped(stopped.status, *stopped.lines, again) from stopped
    answers = InSlack(
        slack="socket",
        channel=channel.id if channel else "",
        checkpoints=checkpoints.id if checkpoints else "",
        responders=tuple(one.id for one in responders.people),
        responders_group=responders.group,
        approvers=tuple(one.id for one in approvers.people),
        approvers_group=approvers.group,
    )
    for path in write_slack.write(folder, answers, tokens):
        typer.echo(f"Wrote {path}.")
    return True


def lead_to_slack(answers: Answers, folder: Path, manifest: str) -> str:
    """Write the page that leads to Slack's, and give its link; "" where nothing is to be made there."""
    from bot.setup import manual_instructions as manual  # noqa: PLC0415 - as above
    from bot.setup import slack_app  # noqa: PLC0415 - as above

    link = manual.app_link(answers, manifest) if answers.slack != "none" else ""
    if link:
        slack_app.write_page(folder, link)
    return link


def _opened() -> tuple[Tokens, Workspace] | None:
    """Ask for the tokens until both open a workspace; None for an empty answer."""
    from bot.setup.find_in_slack import tokens_in  # noqa: PLC0415 - as above

    how = "Paste both tokens, xoxb- and xapp-, in any order; they are not shown. To do it later, press Enter."
    typer.echo(wrapped(how))
    pasted = ""
    with closing(hidden.lines()) as lines:
        for line in lines:
            if not line.strip() and not pasted:
                return None
            pasted += line
            try:
                tokens = tokens_in(pasted)
                if tokens.bot and tokens.app:
                    return tokens, _workspace(tokens)
                typer.echo(f"Still missing: {_lacking(tokens)}")
            except BotError as error:
                typer.echo(f"  {visible(str(error))}", err=True)
                typer.echo("Paste both tokens again, or press Enter to stop here.")
                pasted = ""
    raise Stopped(BAD_INPUT, "The input ended before there were two tokens.")


def _lacking(tokens: Tokens) -> str:
    lacking = [] if tokens.bot else ["the bot token, xoxb-…"]
    return " and ".join([*lacking, *([] if tokens.app else ["the app-level token, xapp-…"])])


def _workspace(tokens: Tokens) -> Workspace:
    from bot.settings import SLACK, Settings  # noqa: PLC0415 - as above
    from bot.setup.find_in_slack import Workspace  # noqa: PLC0415 - as above

    given = {
        "bot_token": tokens.bot,
        "app_token": tokens.app,
        "api_url": os.environ.get("COMPROMISE_SLACK_API_URL", SLACK),
    }
    try:
        # All settings look at it: another address than Slack's is for the sandbox alone.
        slack = Settings.model_validate({"slack": given, "sandbox": "COMPROMISE_SANDBOX" in os.environ}).slack
    except ValidationError as error:
        raise Stopped(BAD_INPUT, f"COMPROMISE_SLACK_API_URL: {error.errors()[0]['msg']}.") from error
    assert slack is not None
    return Workspace(slack)


def _agreed(workspace: Workspace, administrator: str) -> tuple[Channel | None, Channel | None, Named, Named]:
    """Show what was found, ask who approves, and let people change it until they say yes."""
    from bot.setup.find_in_slack import Named  # noqa: PLC0415 - as above

    found = _tried(lambda: workspace.found(administrator))
    responders = Named(found.responders)
    channel, checkpoints = found.cards, found.checkpoints
    typer.echo(visible(f"Both tokens work: {workspace.bot} in {workspace.name} ({workspace.address})."))
    approvers = _ask("Approvers: email addresses, at least two (Enter: none yet)", "", workspace.named)
    while not _confirmed(channel, checkpoints, responders, approvers):
        channel = _ask("Channel for cards", _name(channel), workspace.channel)
        checkpoints = _ask("Channel for ledger checkpoints", _name(checkpoints), workspace.channel)
        responders = _ask("Responders: email addresses", _addresses(responders), workspace.named)
        approvers = _ask("Approvers: email addresses", _addresses(approvers), workspace.named)
    return channel, checkpoints, responders, approvers


def _wait_for_channels() -> None:
    """Let people invite the app, which was made a moment ago, before its channels are looked for."""
    from bot.setup.manual_instructions import IN_CHANNELS  # noqa: PLC0415 - as above

    typer.echo(wrapped(IN_CHANNELS))
    try:
        typer.prompt("Press Enter when that is done, or to do it later", default="", show_default=False)
    except typer.Abort as error:
        raise _unanswered() from error


def _tried(find: Callable[[], Answer]) -> Answer:
    try:
        return find()
    except BotError as error:
        raise Stopped(BAD_INPUT, f"{error} Nothing about Slack was saved.") from error


def _confirmed(
    channel: Channel | None, checkpoints: Channel | None, responders: Named, approvers: Named
) -> bool:
    from bot.setup.find_in_slack import tell  # noqa: PLC0415 - as above

    for what, told in {
        "Channel for cards": _name(channel) or "none; cards go where a check was asked for",
        "Channel for ledger checkpoints": _name(checkpoints) or "none; no checkpoints are posted",
        "Responders": tell(responders.people, responders.handle),
        "Approvers": tell(approvers.people, approvers.handle),
    }.items():
        typer.echo(visible(f"{what}: {told}"))
    if len(approvers.people) == 1 and not approvers.group:
        typer.echo("With one approver, nothing that needs two people can be approved.")
    if not (responders.people or responders.group):
        typer.echo("Without responders, no one can run checks.")
    try:
        return typer.confirm("Is this correct?", default=True)
    except typer.Abort as error:
        raise _unanswered() from error


def _ask(asks: str, default: str, read: Callable[[str], Answer]) -> Answer:
    """Ask until the answer can be read; Slack's refusals are shown, too."""
    while True:
        try:
            text = str(typer.prompt(asks, default=default, show_default=bool(default)))
        except typer.Abort as error:
            raise _unanswered() from error
        try:
            # A dash takes a suggestion away: an empty answer means the suggestion.
            return read("" if text.strip() == "-" else text)
        except BotError as error:
            typer.echo(f"  {visible(str(error))}", err=True)


def _unanswered() -> Stopped:
    return Stopped(BAD_INPUT, "No one answered, so nothing about Slack was saved.")


def _name(channel: Channel | None) -> str:
    return f"#{channel.name}" if channel else ""


def _addresses(named: Named) -> str:
    words = [one.email for one in named.people]
    return ", ".join([*words, f"@{named.handle}"] if named.handle else words)
