"""The `compromise` command. It ends with one of `STATUSES`; what went wrong is one line on standard error."""

from __future__ import annotations

import json
import os
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.console import Console

from bot import log, second_factor, settings
from bot.artefacts.report_json import report_json
from bot.atlas import atlas_of
from bot.cli import terminal
from bot.errors import ArchiveAltered, ArchiveUnreadable, BotError, ExportUnreadable
from bot.messages.escape import visible
from bot.settings import LogSettings, Settings, SettingsError
from commands.check import judge, look
from commands.clues.places import Atlas
from commands.errors import (
    AnchorUnreadable,
    CommandError,
    KeyUnusable,
    LedgerTampered,
    LedgerUnwritable,
    NothingToSign,
)
from commands.ledger import Entry, Ledger, verify_ledger
from commands.ledger import entries as e
from commands.ledger.checkpoint import (
    note,
    origin,
    public_key_line,
    read_checkpoints,
    read_public_keys,
    sign_head,
)
from commands.ledger.rebuild import holds_ledger, rebuild_file
from commands.report import Answer, Report, Result, State
from commands.signing_key import FILE, SigningKey
from graph.collect import find_subject
from graph.errors import GraphError, NoSuchUser
from graph.question import Question, Window
from graph.tenants import Tenants

if TYPE_CHECKING:
    from bot.setup.init import Question as Asked
    from commands.analyze import Analysis

WORKED, MISSING, BAD_INPUT, COULD_NOT_LOOK = 0, 1, 2, 3
STATUSES = {
    WORKED: "it worked, whatever the verdict",
    MISSING: "something is missing or does not hold (doctor, demo, any verb of ledger, evidence)",
    BAD_INPUT: "bad input: an unknown user, file, option or scenario, or a wrong setting",
    COULD_NOT_LOOK: "it could not look at all: no sign-in, no such tenant, no source or record that could"
    " be read",
}
"""What the command ends with."""

ACTOR = "cli"
"""Who asked, in the ledger, when somebody did on the command line."""

_WORTH_A_REPORT = (Answer.COMPROMISED, Answer.SUSPICIOUS)
_OTHERS = 50
_LONGEST = timedelta(weeks=520)
"""Ten years, the longest that Purview keeps audit records. Source: "Manage audit log retention policies"."""

_USAGE_ERROR: type[Exception] = typer.BadParameter.__mro__[2]
"""The base of typer's own complaints about what was typed (BadParameter, UsageError, then this one)."""

app = typer.Typer(
    name="compromise",
    help="Looks into a Microsoft 365 account that may have been taken over.",
    epilog="Exit status: " + "; ".join(f"{status} {says}" for status, says in STATUSES.items()) + ".",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
ledger_app = typer.Typer(no_args_is_help=True, help="Read the ledger, and check that nobody changed it.")
app.add_typer(ledger_app, name="ledger")
factor_app = typer.Typer(no_args_is_help=True, help="See and remove approvers' second factors.")
app.add_typer(factor_app, name="factor")
evidence_app = typer.Typer(no_args_is_help=True, help="Check that nobody changed an evidence archive.")
app.add_typer(evidence_app, name="evidence")

Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        envvar="COMPROMISE_CONFIG",
        help="The settings' file; compromise.toml in this folder unless given.",
        dir_okay=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Scenario = Annotated[
    str | None,
    typer.Option("--sandbox", metavar="SCENARIO", help="Ask a tenant played on this machine instead."),
]
Export = Annotated[
    Path | None, typer.Option("--audit-log", help="A real audit log that the played tenant also holds.")
]


class Stopped(Exception):
    """The command ends here, with a status and a line that says why."""

    def __init__(self, status: int, *lines: str) -> None:
        super().__init__("; ".join(lines))
        self.status = status
        self.lines = lines


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command and end the process with its status."""
    try:
        status = app(list(sys.argv[1:] if arguments is None else arguments), standalone_mode=False)
    except typer.Abort:
        status = 130
    except _USAGE_ERROR as error:
        said = getattr(error, "format_message", error.__str__)()
        # `no_args_is_help` raises as well, with the help as its text.
        typer.echo(said if "\n" in said else f"compromise: {said} (see compromise --help)", err=True)
        status = BAD_INPUT
    sys.exit(status if isinstance(status, int) else WORKED)


@contextmanager
def readable() -> Iterator[None]:
    """Turn every error that is known into its line and its status."""
    try:
        yield
    except SettingsError as error:
        _stop(BAD_INPUT, *error.problems)
    except ExportUnreadable as error:
        _stop(BAD_INPUT, str(error))
    except Stopped as stopped:
        _stop(stopped.status, *stopped.lines)
    except NoSuchUser as error:
        _stop(BAD_INPUT, error.sentence)
    except GraphError as error:
        _stop(COULD_NOT_LOOK, f"Could not look: {error.sentence}")
    except (CommandError, BotError) as error:
        _stop(COULD_NOT_LOOK, str(error))


def _stop(status: int, *lines: str) -> NoReturn:
    for line in lines:
        typer.echo(f"compromise: {visible(line)}", err=True)
    raise typer.Exit(status)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"compromise-bot {own_version()}")
        raise typer.Exit(WORKED)


def own_version() -> str:
    """The version that is installed, "unknown" when it is run from a folder that was never installed."""
    try:
        return version("compromise-bot")
    except PackageNotFoundError:
        return "unknown"


@app.callback()
def options(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", help="Say which version this is.", callback=_version, is_eager=True),
    ] = False,
) -> None:
    """Looks into a Microsoft 365 account that may have been taken over."""


@app.command()
def check(
    *,
    user: Annotated[str, typer.Argument(help="The account: any of its addresses, or its object id.")],
    since: Annotated[str | None, typer.Option(help="How far back to look, such as 36h, 7d or 2w.")] = None,
    as_json: Json = False,
    sandbox: Scenario = None,
    audit_log: Export = None,
    timeline: Annotated[bool, typer.Option("--timeline", help="Print all of the timeline too.")] = False,
    config: Config = None,
) -> None:
    """Look into one account and print the report."""
    with readable(), ExitStack() as stack:
        asked = _span(since)
        loaded = _settings_for_check(stack, config, sandbox, audit_log)
        span = asked or loaded.window
        tenants = Tenants(loaded.tenants)
        stack.callback(tenants.close)
        ledger = None
        if sandbox is None:
            ledger = Ledger(loaded.ledger, _now)
            stack.callback(ledger.close)
        tell = stack.enter_context(terminal.progress_on(Console(stderr=True, quiet=as_json)))
        report = _look_into(
            user,
            span,
            tenants,
            patience=loaded.patience.total_seconds(),
            tell=tell,
            ledger=ledger,
            atlas=atlas_of(loaded.cities),
        )
        stack.close()
        _print(report, as_json=as_json, timeline=timeline)


def _look_into(
    user: str,
    span: timedelta,
    tenants: Tenants,
    *,
    patience: float,
    tell: terminal.Tell,
    ledger: Ledger | None,
    atlas: Atlas,
) -> Report:
    """Look, and keep in the ledger who asked and what came of it."""
    if ledger:
        ledger.append(e.Asked(words=f"check {user}", span=str(span)), ACTOR)
    try:
        connection = tenants.for_address(user)
        subject = find_subject(user, connection)
        end = _now()
        question = Question(subject=subject, window=Window(end - span, end))
        evidence = look(question, connection, Forgetful(), tell, patience=patience, atlas=atlas)
    except GraphError as error:
        if ledger:
            ledger.append(e.NotCollected(words=f"check {user}", says=error.sentence), ACTOR)
        raise
    report = judge(evidence, _now(), atlas)
    if all(source.state is State.UNAVAILABLE for source in report.sources):
        why = report.sources[0].reason
        if ledger:
            ledger.append(e.NotCollected(subject=subject.id, says=why), ACTOR)
        raise Stopped(COULD_NOT_LOOK, f"Could not look: no source could be read. The first one said: {why}")
    if ledger:
        ledger.append(e.Answered(subject=subject.id, verdict=report.verdict.answer.value), ACTOR)
    return report


class Forgetful:
    """The memory of a check on the command line: it lasts as long as the command."""

    def __init__(self) -> None:
        self._kept: dict[str, dict[str, str]] = {}

    def recall(self, source: str) -> Mapping[str, str]:
        """What was kept for a source."""
        return self._kept.get(source, {})

    def remember(self, source: str, name: str, value: str) -> None:
        """Keep a text for a source."""
        self._kept.setdefault(source, {})[name] = value


def _settings_for_check(
    stack: ExitStack, config: Path | None, sandbox: str | None, audit_log: Path | None
) -> Settings:
    log.configure(LogSettings(level="error"))
    if sandbox is None:
        if audit_log is not None:
            raise Stopped(
                BAD_INPUT,
                "--audit-log goes with --sandbox; to read a log by itself use `compromise analyze`.",
            )
        return settings.load(config, os.environ, settings.CHECK_NEEDS)
    from bot.cli import demo  # noqa: PLC0415 - only the sandbox's verbs may bring the sandbox with them

    played = stack.enter_context(demo.tenant_playing(_scenario(sandbox), _readable_file(audit_log)))
    return Settings(tenants=(demo.tenant_settings(played),))


def _scenario(name: str) -> str:
    from bot.cli import demo  # noqa: PLC0415 - as above

    if name not in demo.SCENARIOS:
        raise Stopped(BAD_INPUT, f"There is no scenario {name!r}; there are {', '.join(demo.SCENARIOS)}.")
    return name


def _readable_file(path: Path | None) -> Path | None:
    if path is not None and not path.is_file():
        raise Stopped(BAD_INPUT, _no_file(path))
    return path


def _no_file(path: Path) -> str:
    return f"{path} is a folder, not a file." if path.is_dir() else f"There is no file {path}."


def _span(text: str | None) -> timedelta | None:
    try:
        span = settings.parse_span(text) if text else None
    except ValueError as error:
        raise Stopped(BAD_INPUT, f"--since: {error}.") from error
    if span and span > _LONGEST:
        raise Stopped(
            BAD_INPUT, f"--since: {text} is longer than Microsoft keeps anything; give at most 520w."
        )
    return span


def _print(report: Report, *, as_json: bool, timeline: bool) -> None:
    if as_json:
        _print_json(report_json(report))
    else:
        terminal.show_report(report, Console(), timeline=timeline)


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, indent=2))


def _now() -> datetime:
    return datetime.now(UTC)


@app.command()
def analyze(
    *,
    files: Annotated[list[Path], typer.Argument(help="Exported audit logs, in any of the known forms.")],
    user: Annotated[str | None, typer.Option(help="Report on this account only.")] = None,
    as_json: Json = False,
    timeline: Annotated[bool, typer.Option("--timeline", help="Print all of the timeline too.")] = False,
) -> None:
    """Run the same symptoms over exported audit logs, for every user in them."""
    with readable():
        log.configure(LogSettings(level="error"))
        missing = [path for path in files if not path.is_file()]
        if missing:
            raise Stopped(BAD_INPUT, *(_no_file(path) for path in missing))
        from commands import analyze as analysing  # noqa: PLC0415 - its readers are not needed by any other verb

        try:
            analysis = analysing.analyze(files, user=user, now=_now(), processes=os.cpu_count() or 1)
        except OSError as error:
            raise Stopped(BAD_INPUT, f"{error.filename} cannot be read ({error.strerror}).") from error
        if user and not analysis.users and not analysis.saw_nothing:
            raise Stopped(BAD_INPUT, f"Nobody called {user} is in these files.")
        if as_json:
            unreadable = [
                {"file": str(one.file), "line": one.line, "reason": one.reason} for one in analysis.unreadable
            ]
            _print_json(
                {"users": [report_json(report) for report in analysis.users], "unreadable": unreadable}
            )
        else:
            _print_analysis(analysis, timeline=timeline)
        if analysis.saw_nothing:
            empty = "There is no record in these files; they are empty."
            why = "Nothing in these files could be read." if analysis.unreadable else empty
            raise Stopped(COULD_NOT_LOOK, why)


def _print_analysis(analysis: Analysis, *, timeline: bool) -> None:
    """Whole reports where there is something to report, a line for everybody else, then what was not read."""
    alone = len(analysis.users) == 1
    whole = [report for report in analysis.users if alone or report.verdict.answer in _WORTH_A_REPORT]
    others = [report for report in analysis.users if report not in whole]
    for report in whole:
        _print(report, as_json=False, timeline=timeline)
    for report in others[:_OTHERS]:
        typer.echo(f"{report.verdict.answer.value}: {visible(report.subject.user_principal_name)}")
        for symptom in report.symptoms:
            if symptom.result is Result.PRESENT:
                typer.echo(f"  noticed: {visible(symptom.reason)}")
    if len(others) > _OTHERS:
        typer.echo(f"… {len(others) - _OTHERS} more users like these; --json lists them all")
    for one in analysis.unreadable:
        typer.echo(f"compromise: {visible(str(one.file))}, line {one.line}: {visible(one.reason)}", err=True)
    if not analysis.users and analysis.records:
        typer.echo(f"No user is in these files; they hold {analysis.records:,} records of something else.")


@app.command()
def demo(
    output: Annotated[Path, typer.Option(help="The folder for what the demonstration leaves.")] = Path(
        "demo-output"
    ),
) -> None:
    """Play the main job on this machine, with the real bot; no account is needed."""
    from bot.cli import demo as playing  # noqa: PLC0415 - only the sandbox's verbs may bring the sandbox with them

    with readable():
        raise typer.Exit(playing.play(output, Console()))


@app.command()
def sandbox(
    scenario: Annotated[str, typer.Option(help="What the tenant has been through.")] = "mailbox-takeover",
    port: Annotated[
        int | None,
        typer.Option(
            help="The page's port on 127.0.0.1, 0 for a free one; 8075 unless given, or a free one where"
            " that is taken.",
            min=0,
            max=65535,
        ),
    ] = None,
    audit_log: Export = None,
    output: Annotated[Path, typer.Option(help="The folder for the bot's ledger.")] = Path("sandbox-output"),
) -> None:
    """Show a tenant, a workspace and the bot in a browser page on this machine, until Ctrl-C."""
    from bot.cli import demo as playing  # noqa: PLC0415 - as above

    with readable():
        playing.refuse_beside_credentials(os.environ, Path.cwd())
        raise typer.Exit(
            playing.keep_running(_scenario(scenario), port, _readable_file(audit_log), output, Console())
        )


@app.command()
def run(config: Config = None) -> None:
    """Start the bot."""
    from bot.cli import run as running  # noqa: PLC0415 - the engine starts threads of its own; other verbs do without

    with readable():
        loaded = settings.load(config, os.environ)
        _warn_of_others(config)
        raise typer.Exit(running.run(loaded))


def _warn_of_others(config: Path | None) -> None:
    if exposed := settings.exposed(config):
        typer.echo(f"compromise: {exposed}", err=True)


@app.command()
def init(
    *,
    folder: Annotated[
        Path, typer.Option(help="Where the settings, keys and certificates are written.", file_okay=False)
    ] = Path(),
    answers: Annotated[
        Path | None,
        typer.Option(
            help="A TOML file with the answers; nothing is asked then, and what is not in it takes its"
            " default."
        ),
    ] = None,
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help="Rename files that are there, with the time behind their names, and write them anew; new"
            " keys mean new certificates to upload.",
        ),
    ] = False,
) -> None:
    """Ask what the settings need, write them with keys and certificates, and say which clicks are left."""
    from bot.setup import init as onboarding  # noqa: PLC0415 - reads every query and step, which other verbs need not

    login = os.environ.get("COMPROMISE_TENANT_LOGIN_URL", "")
    with readable():
        onboarding.demand_room(folder, None, force=force)
        given = _answers(onboarding.QUESTIONS, login) if answers is None else _toml(answers)
        told = onboarding.read_answers(given)
        onboarding.demand_room(folder, told, force=force)
        told = replace(told, tenant=onboarding.tenant_id(told.tenant, told.cloud, login))
        now = _now()
        made = onboarding.files(told, folder, now)
        for copy in onboarding.write(made, folder, now, force=force):
            typer.echo(f"{copy} is what was there before.")
        for name in made:
            typer.echo(f"{folder / name} is written.")
        typer.echo("\nWhat is left to do:")
        manifest = onboarding.manifest_path(Path(__file__).parent)
        for number, text in enumerate(onboarding.what_is_left(told, folder, manifest), 1):
            typer.echo(f"\n{number}. {text}".replace("\n  ", "\n     "))


def _answers(questions: Sequence[Asked], login: str) -> dict[str, Any]:
    """Ask each question at the terminal until its answer has the right form, and its tenant is there."""
    from bot.setup.init import is_asked, tenant_id  # noqa: PLC0415 - as above

    found: dict[str, Any] = {}
    waiting = list(questions)
    while waiting:
        question = waiting.pop(0)
        if not is_asked(question, found):
            continue
        _ask(question, found)
        if question.key == "cloud":
            try:
                # What was typed stays: domains and names are guessed from it. This only sees that it is one.
                tenant_id(found["tenant"], found["cloud"], login)
            except SettingsError as error:
                typer.echo(f"  {visible(str(error))}", err=True)
                found.clear()
                waiting = list(questions)
    return {key: list(value) if isinstance(value, tuple) else value for key, value in found.items()}


def _ask(question: Asked, found: dict[str, Any]) -> None:
    """Ask until there is an answer of the right form, and put it with those that were found."""
    default = question.default(found) if question.default else ""
    while question.key not in found:
        text = typer.prompt(question.asks, default=default, show_default=bool(default))
        try:
            found[question.key] = question.read(str(text), found)
        except ValueError as error:
            typer.echo(f"  {visible(str(error))}", err=True)


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(_text_of(path))
    except tomllib.TOMLDecodeError as error:
        raise Stopped(BAD_INPUT, f"{path} is not TOML ({error}).") from error


@app.command()
def doctor(  # noqa: PLR0917 - typer reads the options off the parameters
    config: Config = None,
    sandbox: Scenario = None,
    user: Annotated[
        str | None, typer.Option(help="The account to try the questions on; default: any.")
    ] = None,
    check_only: Annotated[
        bool, typer.Option("--check-only", help="Leave out what only the steps need.")
    ] = False,
    record: Annotated[
        Path | None,
        typer.Option(
            help="Write into this new folder what Microsoft answers, without anything of the tenant, "
            "for a bug report; needs --user."
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Write the record without asking.")] = False,
    as_json: Json = False,
) -> None:
    """Say which credentials, permissions, licences and Slack scopes are missing, and what that costs."""
    from bot.setup import doctor as examining  # noqa: PLC0415 - reads every query, which other verbs need not

    with readable(), ExitStack() as stack:
        log.configure(LogSettings(level="error"))
        if sandbox is None:
            loaded = settings.load(config, os.environ, settings.CHECK_NEEDS)
            _warn_of_others(config)
        else:
            loaded = _settings_for_check(stack, config, sandbox, None)
        if record is not None:
            _record(loaded, user, record, yes=yes)
            return
        raise typer.Exit(
            examining.examine(loaded, Console(), user=user, as_json=as_json, check_only=check_only)
        )


def _record(loaded: Settings, user: str | None, folder: Path, *, yes: bool) -> None:
    """Record what Microsoft answers, show all of it, and write it once somebody says so."""
    from bot.setup import record as recording  # noqa: PLC0415 - reads every query, as above

    if user is None:
        raise Stopped(BAD_INPUT, "Say whose account to ask about: --user adele@contoso.com.")
    console = Console()
    try:
        files = recording.record(loaded.tenants, user)
        recording.show(files, console)
        wanted = yes or typer.confirm(f"Write these {len(files)} files into {folder}?")
        if wanted:
            recording.write(files, folder)
    except recording.NotRecorded as error:
        raise Stopped(COULD_NOT_LOOK, str(error)) from error
    says = f"Written into {folder}. Nothing in it is of the tenant." if wanted else "Nothing was written."
    console.print(says, markup=False, highlight=False)


LedgerFile = Annotated[Path, typer.Option(help="The ledger's file.")]
_LEDGER = Path("ledger.db")
KeyFile = Annotated[
    Path | None,
    typer.Option("--key", help="The bot's private key; compromise.key beside the ledger unless given."),
]


@ledger_app.command()
def verify(
    ledger: LedgerFile = _LEDGER,
    anchor: Annotated[
        list[Path] | None,
        typer.Option(help="A file with checkpoints that were kept elsewhere; may be repeated."),
    ] = None,
    key: KeyFile = None,
    public: Annotated[
        Path | None,
        typer.Option(
            help="A file with public keys in place of the private one, each a line as `compromise ledger"
            " public-key` prints it, or one in PEM."
        ),
    ] = None,
) -> None:
    """Check every entry against the chain, the tables, and checkpoints."""
    with readable():
        _a_ledger(ledger)
        try:
            anchors = [one for path in anchor or () for one in read_checkpoints(_text_of(path), path.name)]
            publics = _publics(ledger, key, public)
        except (AnchorUnreadable, KeyUnusable) as error:
            raise Stopped(BAD_INPUT, str(error)) from error
        with _ledger_errors():
            found = verify_ledger(ledger, anchors, publics)
        typer.echo(
            f"{found.head.size} entries, nothing changed, removed or put in between. Head: {found.head.hash}"
        )
        signed = "their signatures hold" if found.signed else "no key was given, so no signature was checked"
        if found.anchors:
            typer.echo(
                f"{found.anchors} checkpoints from elsewhere fit; {signed}."
                f" {found.head.size - found.anchored} entries came after the last of them."
            )
        else:
            typer.echo(
                "No checkpoint from elsewhere was given (--anchor): whether the end was cut off, or all of it"
                " written anew, cannot be told."
            )
        if found.checkpoints:
            typer.echo(f"{found.checkpoints} checkpoints in the ledger itself fit; {signed}.")


@ledger_app.command()
def rebuild(ledger: LedgerFile = _LEDGER) -> None:
    """Make the tables and indexes anew from the entries, and see that they are sound then."""
    with readable():
        _a_ledger(ledger)
        with _ledger_errors():
            head = rebuild_file(ledger)
            verify_ledger(ledger)
        typer.echo(f"The tables of {ledger} were made anew from {head.size} entries, and are sound.")


@ledger_app.command()
def show(
    ledger: LedgerFile = _LEDGER,
    case: Annotated[str | None, typer.Option(help="Only the entries of this case.")] = None,
    as_json: Json = False,
) -> None:
    """Print the entries, one a line."""
    with _opened(ledger) as book:
        for entry in book.entries(case_id=case):
            typer.echo(json.dumps(_entry(entry)) if as_json else _entry_line(entry))


@ledger_app.command()
def export(
    ledger: LedgerFile = _LEDGER,
    form: Annotated[
        str, typer.Option("--format", help="jsonl (every byte, to compute the chain again) or csv.")
    ] = "jsonl",
    output: Annotated[
        Path | None, typer.Option(help="The file to write; standard output unless given.")
    ] = None,
) -> None:
    """Write every entry with all its fields, for other programs."""
    from bot.artefacts import ledger_export  # noqa: PLC0415 - no other verb needs it

    with _opened(ledger) as book:
        if form not in ledger_export.FORMS:
            raise Stopped(BAD_INPUT, f"--format: {form!r} is neither {' nor '.join(ledger_export.FORMS)}.")
        lines = ledger_export.FORMS[form](book.entries())
        if output is None:
            for line in lines:
                typer.echo(line, nl=False)
            return
        try:
            ledger_export.write(output, lines)
        except OSError as error:
            raise Stopped(BAD_INPUT, f"{output} cannot be written ({error.strerror}).") from error
        typer.echo(f"{output} holds {book.head().size} entries.")


@ledger_app.command()
def checkpoint(ledger: LedgerFile = _LEDGER, key: KeyFile = None) -> None:
    """Sign the ledger's head, print the checkpoint and note it."""
    with _opened(ledger) as book:
        try:
            made = sign_head(book, SigningKey.load(_key_of(ledger, key)))
        except (KeyUnusable, NothingToSign) as error:
            raise Stopped(BAD_INPUT, str(error)) from error
        note(book, made, ACTOR)
        typer.echo(str(made), nl=False)


@ledger_app.command("public-key")
def public_key(ledger: LedgerFile = _LEDGER, key: KeyFile = None) -> None:
    """Print the public key that checkpoints of this ledger are signed for, in one line."""
    with _opened(ledger) as book:
        try:
            typer.echo(public_key_line(origin(book), SigningKey.load(_key_of(ledger, key)).public))
        except (KeyUnusable, NothingToSign) as error:
            raise Stopped(BAD_INPUT, str(error)) from error


@factor_app.command("list")
def list_factors(ledger: LedgerFile = _LEDGER) -> None:
    """Print who has a second factor, one person a line."""
    with _opened(ledger) as book:
        for one in second_factor.enrolments(book):
            since = f"enrolled {one.enrolled_at:%Y-%m-%d %H:%M} UTC" if one.enrolled_at else "not confirmed"
            is_locked = one.locked_until is not None and one.locked_until > _now()
            typer.echo(f"{visible(one.user)} {since}{', locked' if is_locked else ''}")


@factor_app.command("remove")
def remove_factor(
    *,
    user: Annotated[str, typer.Argument(help="The Slack user id, such as U0123ABCD.")],
    ledger: LedgerFile = _LEDGER,
) -> None:
    """Remove somebody's second factor, so that this person can enrol anew."""
    with _opened(ledger) as book:
        if not second_factor.remove(book, user, ACTOR):
            raise Stopped(BAD_INPUT, f"{user} has no second factor.")
        typer.echo(f"The second factor of {visible(user)} is removed.")


@evidence_app.command("verify")
def verify_evidence(
    file: Annotated[Path, typer.Argument(help="The archive, such as evidence.zip.")],
    ledger: Annotated[
        Path | None, typer.Option(help="The ledger that must know this very archive; not asked unless given.")
    ] = None,
) -> None:
    """Compare every file in an evidence archive with its manifest, and the archive with the ledger."""
    from bot.artefacts import archive  # noqa: PLC0415 - no other verb needs it

    with readable():
        _readable_file(file)
        try:
            sound = archive.verify(file)
        except ArchiveUnreadable as error:
            raise Stopped(BAD_INPUT, str(error)) from error
        except ArchiveAltered as error:
            raise Stopped(MISSING, str(error)) from error
        typer.echo(
            f"{sound.files} files, each as the manifest has it. SHA-256 of the archive: {sound.sha256}"
        )
        if ledger is None:
            typer.echo(
                "No ledger was given (--ledger): whether files and manifest were changed together, cannot be"
                " told."
            )
            return
        with _opened(ledger) as book:
            verify_ledger(book.path)
            packed = book.entries(case_id=sound.case_id, kinds=(e.EvidencePacked.KIND,))
            known = [entry for entry in packed if entry.facts.get("sha256") == sound.sha256]
            if not known:
                raise Stopped(MISSING, f"The ledger knows no archive {file} with this SHA-256.")
            typer.echo(f"Entry {known[0].seq} of the ledger, {known[0].at}, is about this very archive.")


def _key_of(ledger: Path, key: Path | None) -> Path:
    return key or ledger.with_name(FILE)


def _publics(ledger: Path, key: Path | None, public: Path | None) -> tuple[bytes, ...]:
    """The public keys to check signatures with: none when none was named and none lies beside the ledger."""
    if public is not None:
        return read_public_keys(_text_of(public))
    path = _key_of(ledger, key)
    if key is None and not path.exists():
        return ()
    return (SigningKey.load(path).public,)


def _text_of(path: Path) -> str:
    _readable_file(path)
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise Stopped(BAD_INPUT, f"{path} cannot be read ({error.strerror}).") from error


@contextmanager
def _opened(path: Path) -> Iterator[Ledger]:
    """Open a ledger that must exist already: opening makes one, and a typing mistake should not."""
    with readable():
        _a_ledger(path)
        with _ledger_errors(), closing(Ledger(path, _now)) as book:
            yield book


@contextmanager
def _ledger_errors() -> Iterator[None]:
    try:
        yield
    except LedgerTampered as error:
        raise Stopped(MISSING, str(error)) from error
    except LedgerUnwritable as error:
        raise Stopped(BAD_INPUT, str(error)) from error


def _a_ledger(path: Path) -> None:
    _readable_file(path)
    try:
        known = holds_ledger(path)
    except LedgerUnwritable as error:
        raise Stopped(BAD_INPUT, f"{path} cannot be read as a ledger ({error.why}).") from error
    if not known:
        raise Stopped(BAD_INPUT, f"{path} holds no ledger.")


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "seq": entry.seq,
        "at": entry.at,
        "kind": entry.kind,
        "actor": entry.actor,
        "case": entry.case_id,
        "facts": entry.facts,
    }


def _entry_line(entry: Entry) -> str:
    where = f" [{entry.case_id}]" if entry.case_id else ""
    facts = visible(json.dumps(entry.facts, ensure_ascii=False))
    return f"{entry.seq:>6} {entry.at} {entry.kind}{where} by {visible(entry.actor)}: {facts}"


if __name__ == "__main__":
    main()
