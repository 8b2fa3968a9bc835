"""`compromise init`: applications registered, or their ids taken; settings, keys and certificates written."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from bot.cli import asking
from bot.cli.browser import opener
from bot.cli.ending import Stopped, readable
from bot.cli.given import text_of
from bot.cli.statuses import BAD_INPUT, COULD_NOT_LOOK
from bot.cli.wrapping import numbered, wrapped, wrapped_line
from bot.clock import now
from bot.errors import BotError
from bot.messages.escape import visible

if TYPE_CHECKING:
    from bot.setup.find_in_slack import Tokens
    from graph.administrator import Administrator, DeviceCode
    from graph.auth import Resource

PATIENCE_VARIABLE: Final = "COMPROMISE_SANDBOX"
"""Set where everything runs on this machine: then nothing takes a while to be known everywhere."""


def init(
    *,
    folder: Annotated[
        Path, typer.Option(help="The folder for settings, keys and certificates.", file_okay=False)
    ] = Path(),
    answers: Annotated[
        Path | None,
        typer.Option(
            help=(
                "A TOML file with the answers, to run without prompts; anything not in it takes its default."
            )
        ),
    ] = None,
    cloud: Annotated[str, typer.Option(help="Microsoft's cloud: global, gcc-high, dod or china.")] = "global",
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Register the application that reads, and none that acts.")
    ] = False,
    by_hand: Annotated[
        bool,
        typer.Option(
            "--by-hand",
            help="Register nothing: ask for the IDs of applications, and list what to do by hand.",
        ),
    ] = False,
    script: Annotated[
        bool,
        typer.Option(
            "--script", help="Register nothing: write register.ps1, a PowerShell script that does the same."
        ),
    ] = False,
    manifest: Annotated[
        bool,
        typer.Option(
            "--manifest",
            help="Register nothing: print what the manifests of registrations ask for, and links to consent.",
        ),
    ] = False,
    slack: Annotated[
        bool,
        typer.Option(
            "--slack", help="Add Slack to existing settings: asks for both tokens and who approves."
        ),
    ] = False,
    slack_cli: Annotated[
        str,
        typer.Option(
            "--slack-cli",
            help="Slack's command-line tool on this machine, such as 'slack': it makes and installs the "
            "Slack app and hands over its tokens, so that none has to be pasted.",
            metavar="COMMAND",
        ),
    ] = "",
    browser: Annotated[
        bool | None,
        typer.Option(
            "--browser/--code",
            help="Sign in in a browser on this machine, or in any browser with a code; by default a browser"
            " where there is one.",
        ),
    ] = None,
    remove: Annotated[
        bool,
        typer.Option(
            "--remove", help="Remove what was registered in the tenant, by the record in the folder."
        ),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Create or remove it without confirmation.")] = False,
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help=(
                "Rename existing files, adding the time, and write new ones; new keys mean new "
                "certificates to upload."
            ),
        ),
    ] = False,
) -> None:
    """Register the applications, join Slack, write settings and keys.

    Shows everything that it will make, and makes it once an administrator who has signed in says so.
    """
    from bot import log  # noqa: PLC0415 - `--help` needs none of it
    from bot.settings import LogSettings  # noqa: PLC0415 - as above
    from graph.settings import CLOUDS  # noqa: PLC0415 - as above

    with readable("Could not go on: "):
        # What happens is told in sentences; a terminal is no place for a log.
        log.configure(LogSettings(level="error"))
        if cloud not in CLOUDS:
            raise Stopped(BAD_INPUT, f"--cloud is one of {', '.join(CLOUDS)}.")
        given = None if answers is None else _toml(answers)
        if manifest:
            _manifest(given or {}, cloud, acts=not read_only)
        elif script:
            _script(folder, acts=not read_only)
        elif slack:
            _slack(folder, slack_cli)
        elif remove:
            _remove(folder, cloud, yes=yes, browser=browser)
        elif by_hand or "client_id" in (given or {}):
            _by_hand(folder, given, force=force)
        else:
            told = {"cloud": cloud, **(given or {})}
            _register(
                folder,
                told,
                asks=given is None,
                yes=yes,
                acts=not read_only,
                force=force,
                opens=opener(wanted=browser),
                slack_cli=slack_cli,
            )


def _by_hand(folder: Path, given: dict[str, Any] | None, *, force: bool) -> None:
    """Take the ids of applications that people registered, write the files, and list what is left."""
    from bot.cli.joining import lead_to_slack  # noqa: PLC0415 - reads every query and step, as below
    from bot.setup import init as onboarding  # noqa: PLC0415 - reads every query and step, which other verbs need not
    from bot.setup import keys  # noqa: PLC0415 - as above
    from bot.setup import manual_instructions as manual  # noqa: PLC0415 - as above
    from bot.setup.made import Record  # noqa: PLC0415 - as above

    login = os.environ.get("COMPROMISE_TENANT_LOGIN_URL", "")
    onboarding.demand_room(folder, None, force=force)
    told = onboarding.read_answers(asking.answers(onboarding.QUESTIONS, login) if given is None else given)
    # Keys that a script was written with are registered already.
    goes_on = Record(folder, "", now).known
    if not goes_on:
        onboarding.demand_room(folder, told, force=force)
    told = replace(told, tenant=onboarding.tenant_id(told.tenant, told.cloud, login))
    moment = now()
    made = onboarding.files(told, folder, moment)
    if goes_on:
        made = {name: content for name, content in made.items() if not (folder / name).exists()}
    for copy in keys.write(made, folder, moment, force=force):
        typer.echo(f"{copy} is the previous file.")
    for name in made:
        typer.echo(f"Wrote {folder / name}.")
    manifest = manual.manifest_path(Path(__file__).parents[1])
    lead_to_slack(told, folder, manifest)
    steps = (*manual.in_microsoft(told, folder), *manual.afterwards(told, folder, manifest))
    typer.echo(numbered("Remaining steps:", steps))


def _script(folder: Path, *, acts: bool) -> None:
    """Make keys and certificates, and write the script that registers the applications with them."""
    from bot.setup import keys, registrations  # noqa: PLC0415 - reads every query and step, as above
    from bot.setup import registration_dialog as dialog  # noqa: PLC0415 - as above
    from bot.setup.made import Record  # noqa: PLC0415 - as above
    from bot.setup.script import FILE, script  # noqa: PLC0415 - as above

    applications = registrations.registrations(to_act=acts)
    certificates = dialog.certificates(folder, applications, now(), Record(folder, "", now))
    for copy in keys.write({FILE: script(applications, certificates).encode()}, folder, now(), force=True):
        typer.echo(f"{copy} is the previous script.")
    typer.echo(f"Wrote {folder / FILE}, which holds the certificates and no private key.")
    typer.echo(
        wrapped(
            "Review it, and run it as an administrator in PowerShell 7. It ends with a few lines for a file "
            f"of answers; then:\n  compromise init --answers answers.toml --folder {folder}\n"
            "What it registers is removed by hand: docs/how-to/register-by-hand.md, “Remove it again”."
        )
    )


def _manifest(given: dict[str, Any], cloud: str, *, acts: bool) -> None:
    """Print what registrations ask for, and where an administrator consents to it."""
    from bot.setup import consent, registrations  # noqa: PLC0415 - reads every query and step, as above

    tenant = str(given.get("tenant") or "organizations")
    for one in registrations.registrations(to_act=acts):
        client_id = str(
            given.get("client_id" if one.what == registrations.READER else "remediate") or "CLIENT-ID"
        )
        typer.echo(f"{one.name}: the value of requiredResourceAccess in the registration's manifest:")
        typer.echo(consent.required(one))
        typer.echo(
            f"Once it is saved, an administrator consents here:\n{consent.link(cloud, tenant, client_id)}\n"
        )


def _slack(folder: Path, slack_cli: str) -> None:
    """Ask for the tokens and for who approves, where the rest of the settings is there."""
    from bot.cli.joining import join  # noqa: PLC0415 - reads every query and step, as above
    from bot.setup import manual_instructions as manual  # noqa: PLC0415 - as above
    from bot.setup import write_slack  # noqa: PLC0415 - as above

    write_slack.demand_room(folder)
    if join(folder, "", _tokens_by(slack_cli, folder)):
        typer.echo(wrapped(manual.to_start(folder)))


def _tokens_by(slack_cli: str, folder: Path) -> Tokens | None:
    """Let Slack's command-line tool make the app; None where nobody asked for that."""
    from bot.setup import manual_instructions as manual  # noqa: PLC0415 - reads every query and step, as above
    from bot.setup.slack_cli import make_app  # noqa: PLC0415 - as above

    if not slack_cli:
        return None
    return make_app(folder, Path(manual.manifest_path(Path(__file__).parents[1])), slack_cli)


def _register(
    folder: Path,
    given: dict[str, Any],
    *,
    asks: bool,
    yes: bool,
    acts: bool,
    force: bool,
    opens: Callable[[str], bool] | None,
    slack_cli: str,
) -> None:
    """Register the applications, write the files, look as the bot will, and list what is left."""
    from bot.cli.joining import join, lead_to_slack  # noqa: PLC0415 - reads every query and step, which other verbs need not
    from bot.setup import doctor_findings, keys, registrations  # noqa: PLC0415 - as above
    from bot.setup import init as onboarding  # noqa: PLC0415 - as above
    from bot.setup import manual_instructions as manual  # noqa: PLC0415 - as above
    from bot.setup import registration_dialog as dialog  # noqa: PLC0415 - as above
    from bot.setup.made import Record  # noqa: PLC0415 - as above
    from bot.setup.making import Maker, NotRegistered, Waits  # noqa: PLC0415 - as above

    onboarding.demand_room(folder, None, force=force)
    cloud = dialog.check_answers(given).cloud
    waits = Waits(20.0, 0.05) if os.environ.get(PATIENCE_VARIABLE) else Waits()
    applications = registrations.registrations(to_act=acts)
    hosts, _ = dialog.addresses(cloud, os.environ)
    administrator = _administrator(cloud, opens)
    try:
        names = dialog.organization(administrator)
        for line in dialog.plan(applications):
            typer.echo(wrapped_line(line))
        where = f"{names[0]} ({', '.join(names[1][:2])})"
        asking.agree(f"Create all of this in {visible(where)}, as {visible(administrator.user)}?", yes=yes)
        record = Record(folder, administrator.tenant_id, now)
        certificates = dialog.certificates(folder, applications, now(), record, force=force)
        maker = Maker(administrator, record, _tell, waits)
        made, by_hand = dialog.make(administrator, applications, certificates, maker, _tell)
        answers = dialog.settled(given, administrator, names, made)
        config = {onboarding.CONFIG: onboarding.settings_file(answers, folder).encode()}
        keys.write(config, folder, now(), force=force)
        typer.echo(f"Wrote {folder / onboarding.CONFIG}.")
        sections = dialog.first_look(answers, folder, hosts, waits)
    except NotRegistered as error:
        raise Stopped(COULD_NOT_LOOK, str(error)) from error
    finally:
        administrator.close()
    typer.echo()
    from rich.console import Console  # noqa: PLC0415 - as above

    status = doctor_findings.tell(sections, Console(), as_json=False, everything=False)
    if status:
        typer.echo("New roles in Exchange and Purview may take two hours to count; look again then.")
    typer.echo(wrapped(visible(dialog.what_remains_of_the_sign_in(administrator.user))))
    typer.echo(f"To remove all of it:\n  compromise init --remove --folder {folder}")
    manifest = manual.manifest_path(Path(__file__).parents[1])
    is_joined, told = False, asks and not slack_cli
    if asks and slack_cli:
        try:
            is_joined = join(folder, administrator.user, _tokens_by(slack_cli, folder))
        except BotError as error:
            typer.echo(visible(str(error)), err=True)  # what is left to do by hand is listed all the same
    elif told:
        link = lead_to_slack(answers, folder, manifest)
        typer.echo("\n" + wrapped(manual.in_slack(answers, folder, manifest, opens=opens is not None)) + "\n")
        if opens is not None and link:
            opens(link)
        is_joined = join(folder, administrator.user)
    if not (is_joined or told):
        lead_to_slack(answers, folder, manifest)
    steps = manual.afterwards(answers, folder, manifest, is_joined=is_joined, told=told)
    typer.echo(numbered("Remaining steps:", (*by_hand, *steps)))


def _remove(folder: Path, cloud: str, *, yes: bool, browser: bool | None) -> None:
    """Take back what was made, by the record."""
    from bot.setup import registration_dialog as dialog  # noqa: PLC0415 - reads every query and step
    from bot.setup.made import FILE, Record  # noqa: PLC0415 - as above
    from bot.setup.making import Maker, NotRegistered, Waits  # noqa: PLC0415 - as above
    from bot.setup.taking_back import remove  # noqa: PLC0415 - as above

    record = Record(folder, "", now)
    if not record.made:
        raise Stopped(
            BAD_INPUT,
            f"{folder / FILE} is missing or empty, so there is nothing on record to remove. What "
            "register.ps1 or a person registered is removed by hand: docs/how-to/register-by-hand.md, "
            "“Remove it again”.",
        )
    for made in reversed(record.made):
        typer.echo(made.called)
    waits = Waits(20.0, 0.05) if os.environ.get(PATIENCE_VARIABLE) else Waits()
    touches = dialog.touches_exchange(record.made)
    administrator = _administrator(cloud, opener(wanted=browser), exchange=touches)
    try:
        record = Record(folder, administrator.tenant_id, now)
        asking.agree(f"Remove these {len(record.made)} from the tenant {record.tenant}?", yes=yes)
        maker = Maker(administrator, record, _tell, waits)
        remove(maker, dialog.certificates_in(folder))
    except NotRegistered as error:
        raise Stopped(COULD_NOT_LOOK, str(error)) from error
    finally:
        administrator.close()
    keeps = "Entra ID keeps deleted registrations for 30 days, under App registrations, Deleted applications."
    typer.echo(wrapped(keeps))
    typer.echo(wrapped(visible(dialog.what_remains_of_the_sign_in(administrator.user))))
    typer.echo(
        wrapped(
            f"Settings, keys and certificates are still in {folder}; the keys no longer work. To register "
            f"again there:\n  compromise init --force --folder {folder}"
        )
    )


def _tell(line: str) -> None:
    """Tell a line that may hold what the tenant wrote."""
    typer.echo(wrapped(visible(line), "  "))


def _administrator(
    cloud: str, opens: Callable[[str], bool] | None, *, exchange: bool = False
) -> Administrator:
    """Let an administrator sign in."""
    from bot.setup import registration_dialog as dialog  # noqa: PLC0415 - reads every query and step
    from bot.setup.in_entra import SCOPES  # noqa: PLC0415 - as above
    from graph.administrator import Administrator  # noqa: PLC0415 - as above
    from graph.limits import Deadline  # noqa: PLC0415 - as above

    hosts, resources = dialog.addresses(cloud, os.environ)
    shows = None if opens is None else partial(_open, opens)
    administrator = Administrator(hosts, resources, _show, SCOPES, opens=shows)
    administrator.sign_in(Deadline(dialog.TO_SIGN_IN))
    if exchange:
        administrator.sign_in(Deadline(dialog.TO_SIGN_IN), exchange=True)
    return administrator


def _show(code: DeviceCode) -> None:
    typer.echo(f"Sign in for {_for(code.resource)}: open {code.address} and enter {code.code}")


def _open(opens: Callable[[str], bool], address: str, resource: Resource) -> bool:
    """Open the page of a sign-in; give whether a browser opened."""
    typer.echo(
        f"Sign in for {_for(resource)} in the browser that opens now. "
        "If none does, press Ctrl-C and use --code."
    )
    return opens(address)


def _for(resource: Resource) -> str:
    return "Microsoft Graph" if resource.value == "graph" else "Exchange Online and Purview"


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text_of(path))
    except tomllib.TOMLDecodeError as error:
        raise Stopped(BAD_INPUT, f"{path} is not TOML ({error}).") from error
