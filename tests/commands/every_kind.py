"""A ledger with an entry of every kind and a row in every table; `python -m` this writes the golden one."""

import sqlite3
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from bot.people.second_factor import SecondFactor
from commands.containment import manual_tasks as case_tasks
from commands.containment.proposals import Outcome, Proposals
from commands.ledger import BOT, Ledger
from commands.ledger import entries as e
from commands.ledger.checkpoint import note, sign_head
from commands.ledger.tenants import note_tenants
from commands.plans.plan import ManualTask
from commands.rechecks import schedule as rechecks
from commands.signing_key import SigningKey
from graph.question import Window
from tests.commands import plans

TASKS = (ManualTask("harden:0", "harden", "Scan the computer", ("Take it", "Scan it")),)
GOLDEN = Path(__file__).parent / "golden"


def fill(path: Path, key: Path) -> None:
    """Write every kind of entry, in a story that could be."""
    clock = plans.Clock()
    keys = SigningKey.load_or_make(key)
    with closing(Ledger(path, clock)) as ledger:
        proposals = Proposals(ledger)
        _cases(ledger, clock)
        _proposals(proposals, clock)
        _factors(ledger, keys, clock)
        _alerts(ledger, clock)
        _hunts(ledger, clock)
        others = [e.CheckStarted, e.PlanShown, e.TasksShown, e.HistoryShown, e.ModalOpened, e.ReportPosted]
        others += [e.Refused, e.NotAnswered, e.NotCounted, e.NotCollected, e.InternalError, e.AlreadyRunning]
        for event in (*others, e.Answered):
            ledger.append(event(), "U0MEGAN")
        for email in ("alex@contoso.example", "alex.wilber@contoso.example"):
            ledger.append(e.PersonNamed("U0ALEX", email, f"id-of-{email}", (email,)), BOT)
        note_tenants(ledger, {"Contoso": "0C0C0C0C-0000-4000-8000-000000000001"})
        ledger.append(e.PersonChanged("U0ALEX", "grady@contoso.example", "id-of-grady"), BOT)
        ledger.append(e.AccountReported("r9", "adele@contoso.example", "größer"), "U0MEGAN")
        note(ledger, sign_head(ledger, keys), BOT, why="scheduled", channel="C0", ts="9.9")


def _cases(ledger: Ledger, clock: plans.Clock) -> None:
    with ledger.writing() as writing:
        writing.ask("r1", "U0MEGAN", "C0INCIDENT", "check adele")
        writing.ask("r2", "U0MEGAN", "C0INCIDENT", "chekc adele")
        writing.ask("r3", "U0MEGAN", "C0INCIDENT", "help")
        writing.answer("r2", e.NotUnderstood(says="I know no chekc."), "U0MEGAN")
        window = Window(clock() - timedelta(days=14), clock())
        case = {"tenant": "Contoso", "subject": plans.ADELE, "window": window, "channel": "C0INCIDENT"}
        writing.open_case(plans.CASE, **case, asked_by="U0MEGAN", note="Take care.", request="r1")  # type: ignore[arg-type]
        writing.bind_owner(plans.CASE, plans.ADELE, ["U0ADELE", "U0AV"], "ratelimited")
        writing.card_posted(plans.CASE, "C0INCIDENT", "1.1")
        writing.remember(plans.CASE, "audit_log", "query", "q1")
        writing.fail(plans.CASE, says="It failed.", reference="abc", code="broken")
        writing.run_again(plans.CASE, BOT, "the run before ended as ERROR")
        clock.pass_(timedelta(minutes=1))
    with ledger.writing() as writing:
        found = {"verdict": "compromised", "report": '{"a": 1}', "offer": '["b"]', "run": 2}
        writing.finish(plans.CASE, **found, sources={"sign_ins": "complete"}, answers="0" * 64)  # type: ignore[arg-type]
        writing.posted(plans.CASE, 2, "details 1", "C0INCIDENT", "1.2")
        writing.shown(plans.CASE, "as done")
        writing.append(e.EvidencePacked(2, "evidence.zip", 9, "0" * 64, answers=True), BOT, plans.CASE)


def _proposals(proposals: Proposals, clock: plans.Clock) -> None:
    for move in ("withdraw", "deny", "expire", "stop", "finish"):
        change, clear = plans.change(), plans.change("city", "reset_profile")
        made = plans.proposed(
            proposals,
            plans.plan(change, clear, tasks=TASKS, nonce=move),
            expires_at=clock() + timedelta(minutes=30),
            request=f"request {move}",
        )
        proposals.card_posted(made.id, "C0INCIDENT", "2.1")
        proposals.copy_posted(made.id, "D0ALEX", "2.2")
        proposals.copy_posted(made.id, "D0LIDIA", "2.3")
        proposals.copy_closed(made.id, "D0LIDIA")
        if move == "withdraw":
            proposals.withdraw(made.id, "U0MEGAN", "A better one comes")
        elif move == "deny":
            proposals.vote(made.id, made.digest, plans.voter("alex"), yes=False, says="Not now")
        elif move == "expire":
            clock.pass_(timedelta(minutes=31))
            proposals.expire(made.id)
        else:
            with proposals.ledger.writing() as writing:
                writing.append(e.VoteRefused(made.id, yes=True, says="It is yours."), "U0AV", plans.CASE)
            plans.approved(proposals, made)
            if move == "stop":
                proposals.stop(made.id, "The tenant is no longer configured.")
            else:
                _carry_out(proposals, made.id, change.id, clear.id)
        proposals.shown(made.id)
    case_tasks.tick(proposals.ledger, plans.CASE, 1, "U0ALEX", "clean")
    rechecks.set_rechecks(proposals.ledger, plans.CASE, [timedelta(hours=1), timedelta(hours=24)])
    rechecks.note_recheck(
        proposals.ledger, plans.CASE, e.Rechecked(1, "All is closed.", closed=("block_sign_in:user",))
    )


def _carry_out(proposals: Proposals, made: str, first: str, second: str) -> None:
    proposals.start(made)
    proposals.intend(made, first, {"accountEnabled": True}, sealed=b"sealed once")
    proposals.again(made, first, {"accountEnabled": True})
    proposals.ended(made, first, Outcome.UNCONFIRMED, request_id="m-1")
    proposals.not_confirmed(made, first, "It is not seen yet.")
    proposals.confirmed(made, first)
    proposals.password_shown(made, first, "U0ALEX")
    proposals.intend(made, second, None, sealed=b"sealed twice")
    proposals.ended(made, second, Outcome.FAILED, "Microsoft said no.", "m-2")
    case = plans.CASE
    proposals.finish(made)
    with proposals.ledger.writing() as writing:
        writing.append(e.PasswordForgotten(made, second), BOT, case)
        until, kept = writing.now + timedelta(minutes=15), writing.keep(b"sealed thrice")
        writing.append(e.PasswordMade(made, first, kept, until), BOT, case)


def _alerts(ledger: Ledger, clock: plans.Clock) -> None:
    ledger.append(e.AlertsNotCollected("Contoso", "defender", "A permission is missing."), BOT)
    ledger.append(e.AlertsNotCollected("Contoso", "defender", "A permission is missing."), BOT)
    known = {"tenant": "Contoso", "source": "defender", "severity": "high", "at": clock()}
    about = {"account": "adele@contoso.example", "object_id": plans.ADELE.id, "link": "https://a.example/1"}
    title = "User restricted from sending email"
    ledger.append(e.AlertRaised("defender:1", title=title, more=2, **known, **about), BOT, plans.CASE)  # type: ignore[arg-type]
    ledger.append(e.AlertRaised("defender:2", title=title, **known), BOT)  # type: ignore[arg-type]
    ledger.append(e.AlertsShown(("defender:1",), "line", "C0INCIDENT", "5.1"), BOT)
    ledger.append(e.AlertsRead("Contoso", "defender", clock()), BOT)
    ledger.append(e.Delivered("webhook", 3), BOT)
    ledger.append(e.Delivered("webhook", 5), BOT)
    ledger.append(e.TicketFiled("INC0010001"), BOT, plans.CASE)
    ledger.append(e.TicketNotFiled("The ticket system refused it."), BOT, plans.CASE)


def _hunts(ledger: Ledger, clock: plans.Clock) -> None:
    terms, channel = ("address 203.0.113.77",), "C0INCIDENT"
    for name in ("H-2ABCD", "H-3ABCD", "H-4ABCD"):
        event = e.HuntStarted(name, "pivot", "Contoso", terms, clock() - timedelta(days=7), clock(), channel)
        ledger.append(event, "U0MEGAN", plans.CASE)
        ledger.append(e.HuntCardPosted(name, channel, "6.1"), BOT, plans.CASE)
    with ledger.writing() as writing:
        kept = writing.keep('{"touched": [], "sources": []}')
        writing.append(e.HuntFinished("H-2ABCD", 0, kept, {"audit_log": "complete"}), BOT, plans.CASE)
    ledger.append(e.HuntFailed("H-3ABCD", "It failed.", "abc"), BOT, plans.CASE)
    ledger.append(e.HuntCanceled("H-4ABCD"), "U0MEGAN", plans.CASE)
    with ledger.writing() as writing:
        writing.append(e.HuntLeft("H-4ABCD", 0, writing.keep("{}")), BOT, plans.CASE)
    ledger.append(e.HuntShown("H-2ABCD"), BOT, plans.CASE)


def _factors(ledger: Ledger, keys: SigningKey, clock: plans.Clock) -> None:
    factor = SecondFactor(ledger, keys, clock)
    for user in ("U0ALEX", "U0LIDIA", "U0NESTOR"):
        factor.enrol(user)
    ledger.append(e.FactorRefused("wrong", enrolling=True, wrong=1), "U0ALEX")
    ledger.append(e.FactorEnrolled(step=1), "U0ALEX")
    ledger.append(e.FactorUsed(step=2), "U0ALEX")
    ledger.append(e.FactorLocked(clock() + timedelta(minutes=15)), "U0ALEX")
    ledger.append(e.FactorRemoved("U0LIDIA"), "cli")


if __name__ == "__main__":
    if not sys.argv[1][0].isdigit():
        sys.exit("name the release, such as 0.3.0")
    GOLDEN.mkdir(exist_ok=True)
    golden, secret = GOLDEN / f"{sys.argv[1]}.db", GOLDEN / "key"
    golden.unlink(missing_ok=True)
    fill(golden, secret)
    with closing(sqlite3.connect(golden, isolation_level=None)) as file:
        # Small pages, so that what lies in the repository is small.
        for statement in ("PRAGMA journal_mode = DELETE", "PRAGMA page_size = 512", "VACUUM"):
            file.execute(statement)
    for rest in (secret, *GOLDEN.glob("*.head")):
        rest.unlink()
