"""What is left to do after `compromise init` where it did not register the applications by itself.

Answers go in, one text for each thing that only people can do comes out, with exactly what is to be granted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from bot.settings.files import SECRETS
from bot.setup import slack_app
from bot.setup.init import CONFIG, Answers
from bot.setup.registrations import READER, TRACE, WRITER, of_graph, roles_for, to_read, to_write
from graph.needs import MANAGE_AS_APP

_PER_LINE: Final = 3


UNKNOWN: Final = "OBJECT-ID"
"""Stands for an object id that only the tenant knows."""


def powershell(what: str, client_id: str, object_id: str = UNKNOWN) -> tuple[str, ...]:
    """The lines that give one application its role group, in Exchange Online PowerShell."""
    roles = roles_for(what)
    name = f"compromise-bot ({what})"
    # Setting something needs the cmdlet that shows it; what only reads keeps no more than it must.
    spared = '$_.Name -notlike "Get-*"' if what == WRITER else '$_.Name -ne "Get-Mailbox"'
    given = "".join(f' + "{one}"' for one in roles.whole)
    return (
        "Connect-ExchangeOnline",
        f'$id = "{object_id}"   # of the enterprise application, not of the registration',
        f'New-ServicePrincipal -AppId {client_id} -ObjectId $id -DisplayName "{name}"',
        *_listed("$keep", roles.keep),
        f"$roles = foreach ($parent in {_quoted(roles.parents)}) {{",
        f'    $role = "{roles.group} $parent"',
        "    New-ManagementRole -Name $role -Parent $parent | Out-Null",
        '    Get-ManagementRoleEntry "$role\\*" |',
        f"        Where-Object {{ $_.Name -notin $keep -and {spared} }} |",
        '        ForEach-Object { Remove-ManagementRoleEntry "$role\\$($_.Name)" -Confirm:$false }',
        "    $role",
        "}",
        f'New-RoleGroup -Name "{roles.group}" -Roles (@($roles){given}) -Members $id',
    )


def _listed(variable: str, names: Sequence[str]) -> Iterator[str]:
    """A list of texts over as many lines as it needs; a comma at the end of a line goes on."""
    begins = f"{variable} = "
    for start in range(0, len(names), _PER_LINE):
        ends = "," if start + _PER_LINE < len(names) else ""
        yield begins + _quoted(names[start : start + _PER_LINE]) + ends
        begins = "    "


def _quoted(names: Iterable[str]) -> str:
    return ",".join(f'"{name}"' for name in names)


def purview(client_id: str) -> tuple[str, ...]:
    """The lines that let the application that writes take people out of Purview's role groups."""
    return (
        "Connect-IPPSSession",
        f'New-ServicePrincipal -AppId {client_id} -ObjectId $id -DisplayName "compromise-bot ({WRITER})"',
        'New-RoleGroup -Name "compromise-bot remediators" -Roles "Role Management" -Members $id',
    )


def in_exchange(what: str, client_id: str, object_id: str) -> str:
    """The role groups of one application as lines of PowerShell, with what is known filled in."""
    lines = powershell(what, client_id, object_id) + (purview(client_id) if what == WRITER else ())
    return _to_run(lines)


def in_purview(client_id: str, object_id: str) -> str:
    """The same for Purview alone."""
    connect, *others = purview(client_id)
    return _to_run((connect, f'$id = "{object_id}"', *others))


def _to_run(lines: Iterable[str]) -> str:
    return "In PowerShell, with the module ExchangeOnlineManagement:\n" + "\n".join(
        f"  {one}" for one in lines
    )


def environment(answers: Answers) -> tuple[str, ...]:
    """The variables that hold the secrets, as lines of an environment file."""
    lines = []
    if answers.slack != "none":
        lines.append("COMPROMISE_SLACK_BOT_TOKEN=xoxb-…")
    if answers.slack == "socket":
        lines.append("COMPROMISE_SLACK_APP_TOKEN=xapp-…")
    if answers.slack == "http":
        lines.append("COMPROMISE_SLACK_SIGNING_SECRET=…")
    if answers.credential == "secret":
        lines.append("COMPROMISE_TENANT_CLIENT_SECRET=…")
        if len(answers.registrations) > 1:
            lines.append("COMPROMISE_TENANT_REMEDIATE_CLIENT_SECRET=…")
    return tuple(lines)


def in_microsoft(answers: Answers, folder: Path) -> Iterator[str]:
    """What an administrator does in Microsoft 365 by hand, one text each, with exactly what is to be granted.

    Args:
        answers: What was answered.
        folder: Where the files were written.
    """
    for what, client_id in answers.registrations:
        needs = to_read() if what == READER else to_write()
        if answers.one_for_both:
            needs |= to_write()
        yield (
            f"Entra admin center, App registrations, {client_id} ({what}), API permissions, Add, "
            "Microsoft Graph, Application permissions:\n"
            + "\n".join(f"  {one}" for one in of_graph(needs))
            + f"\n  and of Office 365 Exchange Online: {MANAGE_AS_APP}. Then: Grant admin consent."
        )
        yield (
            (
                "There, Certificates & secrets, Certificates: upload "
                f"{folder.resolve() / f'{what}.cer'}. Or have your certification authority sign {what}.csr, "
                f"upload the result, and replace the certificate in {what}.pem with it."
            )
            if answers.credential == "certificate"
            else "There, Certificates & secrets, Client secrets: create one, and note its value."
        )
        to_act = "User Administrator and Cloud Device Administrator"
        role = "Global Reader" if what == READER else to_act
        if answers.one_for_both:
            role = f"Global Reader, {to_act}"
        yield (
            f"Entra admin center, Roles and administrators: assign {role} to the application. If "
            "asked, choose Active and Permanently assigned: an application cannot activate an "
            "eligible role."
        )
        both = (READER, WRITER) if answers.one_for_both else (what,)
        for which in both:
            lines = powershell(which, client_id)
            lines = lines if which == both[0] else tuple(one for one in lines if _is_new(one))
            lines += purview(client_id) if which == WRITER else ()
            yield _to_run(lines)
    yield (
        "Once, for message traces, in Graph Explorer: POST "
        f'https://graph.microsoft.com/v1.0/servicePrincipals with {{"appId": "{TRACE}"}}. '
        "Sign in there first, and consent to Application.ReadWrite.All under Modify permissions. "
        "A response that it already exists is fine."
    )


IN_CHANNELS: Final = (
    "In Slack make a private channel for cards with the responders in it, and type there: "
    '/invite @compromise-bot. Do the same in a second one with "checkpoints" in its name to have '
    "checkpoints of the ledger posted."
)
"""What people do in Slack itself, once the app is installed."""


def in_slack(answers: Answers, folder: Path, manifest: str, *, opens: bool = False) -> str:
    """How the app is made in Slack, and where its tokens are.

    Args:
        answers: What was answered.
        folder: Where the files were written.
        manifest: Where the Slack app's manifest lies.
        opens: Whether Slack's page opens by itself.
    """
    by_hand = f"api.slack.com/apps, Create New App, From a manifest: {manifest}"
    page = folder.resolve() / slack_app.FILE
    if not app_link(answers, manifest):
        made = f"{by_hand}."
    elif opens:
        made = f"On the page that opens now (if none does: {page}), choose the workspace, Next, Create."
    else:
        made = (
            f"Open {page} in a browser, on any machine; it holds no secret. It leads to Slack's page, with "
            f"the manifest filled in: choose the workspace, Next, Create. Or by hand: {by_hand}."
        )
    if answers.slack == "http":
        tokens = (
            "Basic Information, App Credentials: note the signing secret.",
            "Install App: install it, and note the bot token.",
            "Invite the bot to the channels.",
        )
    else:
        tokens = (
            "Basic Information, App-Level Tokens: generate one with connections:write; it begins with xapp-.",
            "Install App: install it; the bot token begins with xoxb-.",
            IN_CHANNELS,
        )
    return "\n- ".join(("Create the Slack app:", made, *tokens))


def to_start(folder: Path) -> str:
    """The line that starts the bot in a shell, with the variables that were written."""
    whole = folder.resolve()
    return f"To start it:\n  (set -a; . {whole / SECRETS}; compromise run --config {whole / CONFIG})"


def afterwards(
    answers: Answers, folder: Path, manifest: str, *, is_joined: bool = False, told: bool = False
) -> Iterator[str]:
    """The Slack app, people, secrets and the first look, one text each.

    Args:
        answers: What was answered.
        folder: Where the files were written.
        manifest: Where the Slack app's manifest lies.
        is_joined: Whether the tokens, channels and people of Slack are written down already.
        told: Whether it was just said how the Slack app is made.
    """
    if is_joined:
        yield to_start(folder)
        return
    by_name = answers.slack == "socket" and not _has_slack(answers)
    if answers.slack != "none":
        yield "Create the Slack app, as said above." if told else in_slack(answers, folder, manifest)
        if by_name:
            yield (
                "Then, for tokens, channels and people, which are found by name and email address:\n"
                f"  compromise init --slack --folder {folder}"
            )
        elif not (answers.responders or answers.responders_group):
            yield f"Add people to [responders] in {CONFIG}: until then no one can run checks."
        if not by_name and answers.remediate and not (answers.approvers or answers.approvers_group):
            yield f"Add two people to [approvers] in {CONFIG}: until then no remediation is possible."
    # By name both tokens are asked for, and written down.
    if lines := [one for one in environment(answers) if not (by_name and "_SLACK_" in one)]:
        yield "Set these where only the bot's user can read them:\n" + "\n".join(f"  {one}" for one in lines)
    yield f"Then check the setup:\n  compromise doctor --config {folder.resolve() / CONFIG}"


def _has_slack(answers: Answers) -> bool:
    """Whether channels or people were given, so that nothing is to be asked about them."""
    people = answers.responders or answers.responders_group or answers.approvers or answers.approvers_group
    return bool(people or answers.channel or answers.checkpoints)


def app_link(answers: Answers, manifest: str) -> str:
    """The link by which Slack makes the app; "" where the manifest does not go into one, or is not there."""
    try:
        return slack_app.link(Path(manifest).read_text(encoding="utf-8"), socket=answers.slack == "socket")
    except OSError:
        return ""


def _is_new(line: str) -> bool:
    return not line.startswith(("Connect-ExchangeOnline", "$id", "New-ServicePrincipal"))


def manifest_path(package: Path) -> str:
    """Where the Slack app's manifest lies: beside the packages, or in this one when it is installed."""
    for path in (package / "manifest.yml", package.parent / "manifest.yml"):
        with suppress(OSError):
            if path.is_file():
                return str(path)
    return "manifest.yml of the repository"
