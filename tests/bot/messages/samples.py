"""Reports and case views for tests: one rich, one clean, and one in which the attacker wrote every text."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from bot.messages.case_card import CaseView
from commands.check import Progress
from commands.containment.proposals import Action, Outcome, Proposal, TaskState
from commands.ledger import Entry
from commands.ledger.entries import EVENTS, body_of
from commands.ledger.entries import Event as LedgerEvent
from commands.plans.approval import ProposalState, Vote
from commands.plans.plan import NEW_PASSWORD, Change, Look, ManualTask, Nothing, Plan, Planned, Undo
from commands.plans.undo import Undoable
from commands.report import (
    Clause,
    Coverage,
    Event,
    Exposure,
    Finding,
    MailboxAccess,
    Report,
    Result,
    Severity,
    Sign,
    SourceState,
    Story,
    SymptomResult,
    Verdict,
    VerdictCode,
)
from commands.sentence import sentence
from graph.question import Subject, Window
from graph.request import Cmdlet, Request

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
WINDOW = Window(NOW - timedelta(days=7), NOW)
ADELE = Subject(
    id="6f1f8f1e-0f3a-4d0a-9c62-111111111111",
    user_principal_name="adele.vance@contoso.example",
    mail="adele.vance@contoso.example",
    addresses=("adele.vance@contoso.example", "adele@contoso.example"),
    display_name="Adele Vance",
)

TEN = (
    "missing_mail",
    "mail_missing_from_sent_items",
    "inbox_rules",
    "display_name",
    "sending_blocked",
    "hacked_account_messages",
    "profile_changes",
    "credential_changes",
    "mail_forwarding",
    "signature",
)
FURTHER = ("sign_ins", "delegates", "oauth_apps")

HOSTILE = (
    "<!channel> <!here> <@U0123ABCD> <#C0123ABCD|general> <https://evil.example/login|Sign in>",
    "*bold* _italics_ ~gone~ `code` ```block``` > quote",
    "invoice\u202egpj.exe \u200bzero\u2060width \x1b[31mred\x07",
    "http://evil.example/a?b=c|d https://203.0.113.77/x mailto:drop@evil.example javascript:alert(1)",
    "@channel @here :white_check_mark: &lt;!channel&gt; <!date^0^{date}|never>",
    '=HYPERLINK("http://evil.example","x")\n<!everyone>',
    "A" * 5_000,
)


def finding(symptom: str, says: str = "A rule moves mail about money to RSS Feeds.", **changes) -> Finding:
    plain = Finding(
        symptom=symptom,
        sign=Sign(f"{symptom}_sign", Severity.HIGH, "Hardly anyone does this by themselves."),
        summary=says,
        at=NOW - timedelta(hours=5),
        by="adele.vance@contoso.example",
        address="203.0.113.77",
        before="",
        after="",
        records=("a1", "a2", "a3", "a4"),
        pieces=sentence(says),
    )
    return replace(plain, **changes)


def rich(texts: tuple[str, ...] = ("A rule moves mail about money to RSS Feeds.",), each: int = 1) -> Report:
    """Every symptom present, each with findings whose every text is one of `texts`."""
    symptoms = []
    for number, name in enumerate((*TEN, *FURTHER), start=1):
        text = texts[number % len(texts)]
        found = tuple(
            finding(name, text, by=text, before=text, after=text, records=(text, "r2", "r3", "r4"))
            for _ in range(each)
        )
        source = f"symptom {number}" if number <= len(TEN) else "additional indicator"
        symptoms.append(SymptomResult(name, f"The title of {name}", source, Result.PRESENT, text, found))
    reasons = tuple(result.findings[0] for result in symptoms)
    events = tuple(
        Event(
            NOW - timedelta(minutes=n),
            texts[n % len(texts)],
            texts[0],
            "203.0.113.77",
            "audit_log",
            f"e{n}",
            n < 9,
        )
        for n in range(60)
    )
    return Report(
        subject=replace(ADELE, display_name=texts[0][:200] if len(texts) > 1 else ADELE.display_name),
        window=WINDOW,
        made_at=NOW,
        verdict=Verdict(VerdictCode.COMPROMISED, 55, "high", reasons, ("risky_user",), texts[0]),
        symptoms=tuple(symptoms),
        sources=sources(texts[-1]),
        timeline=events,
        story=story(texts, each),
        exposure=exposure(texts),
    )


def exposure(texts: tuple[str, ...]) -> Exposure:
    """Mail that was opened, synced and sent, and a file that was taken; every name is one of `texts`."""
    name = texts[0]
    start = NOW - timedelta(hours=9)
    return Exposure(
        mailboxes=(MailboxAccess(name, 13, True, True, (name,), start, NOW, ("e1", "e2")),),
        forwards=(Clause(name, start, ("a:1",), ("e3",)),),
        applications=(Clause(name, start, ("a:1",), ("e4",)),),
        files=(name,),
        file_records=("e5",),
        sent=3,
        perhaps_sent=2,
        inside=("megan@contoso.example",),
        outside=("buyer@fabrikam.example", "seller@tailspin.example"),
        sent_records=("e6",),
        unread=("the audit log was not collected (why)",),
        unsent=("message trace (why)",),
    )


def story(texts: tuple[str, ...] = ("A rule moves mail about money to RSS Feeds",), each: int = 1) -> Story:
    """A story whose every part says one of `texts`, `each` times."""

    def told(number: int) -> tuple[Clause, ...]:
        text = texts[number % len(texts)]
        at = NOW - timedelta(hours=number)
        return tuple(Clause(text, at, ("a:1",), (text,), ("T1114.003",)) for _ in range(each))

    return Story(
        certain=True,
        addresses=("203.0.113.77",),
        since=told(0),
        entry=told(1),
        origin=told(2),
        persistence=told(3),
        hidden=told(4),
        read_or_taken=told(5),
        sent=told(6),
        reached=told(7),
        last_seen=told(8),
        still_open=told(9),
        leads=told(10),
        unknown=told(11),
    )


def sources(why: str = "The tenant has no Entra ID P1 license.") -> tuple[SourceState, ...]:
    return (
        SourceState("user", Coverage.COMPLETE, "", 1, NOW),
        SourceState("audit_log", Coverage.PARTIAL, "The search was cut off at 50,000 records.", 50_000, NOW),
        SourceState("sign_ins", Coverage.UNAVAILABLE, why, 0, needs="an Entra ID P1 license"),
        SourceState("risky_user", Coverage.UNAVAILABLE, why, 0, needs="an Entra ID P1 license"),
        SourceState("message_trace", Coverage.UNAVAILABLE, "Microsoft did not answer in time.", 0),
    )


def clean() -> Report:
    """Nothing found, two symptoms not seen."""
    report = rich()
    symptoms = tuple(
        replace(
            result,
            result=Result.UNKNOWN if result.id in {"missing_mail", "oauth_apps"} else Result.ABSENT,
            reason="Not collected: message trace." if result.id == "missing_mail" else "Everything was seen.",
            findings=(),
        )
        for result in report.symptoms
    )
    verdict = Verdict(
        VerdictCode.NO_SIGN_FOUND, 0, "medium", (), ("message_trace",), "Nothing speaks for a takeover."
    )
    return replace(report, symptoms=symptoms, verdict=verdict, story=None, exposure=Exposure())


def looking(**changes) -> CaseView:
    view = CaseView(
        case_id="C-7Q2M",
        subject=ADELE.mail,
        subject_name=ADELE.display_name,
        asked_by="U0MEGAN01",
        window=WINDOW,
        state="looking",
        started_at=NOW,
    )
    return replace(view, **changes)


def done(report: Report, **changes) -> CaseView:
    return looking(
        state="done",
        report=report,
        subject_name=report.subject.display_name,
        files=("report.txt", "timeline.csv", "evidence.zip"),
        finished_at=NOW + timedelta(seconds=42),
        **changes,
    )


def progress(texts: tuple[str, ...] = ("Forwarding to an outside address was added.",)) -> Progress:
    return Progress(
        sources=sources(),
        waiting=("mailbox", "sent_items", "deleted_items", "message_trace", "signature", "junk_lists"),
        so_far=lambda: Verdict(
            VerdictCode.SUSPICIOUS,
            5,
            "low",
            tuple(finding(f"s{n}", text) for n, text in enumerate(texts)),
            ("mailbox",),
            "This account is suspicious.",
        ),
    )


def nothing_yet() -> Verdict:
    return Verdict(
        VerdictCode.CANNOT_TELL, 0, "low", (), (), "The collected evidence does not allow a verdict."
    )


TRICKS = st.sampled_from(
    [
        *HOSTILE,
        "<!",
        "<@U1>",
        "<#C1>",
        "<http",
        "&lt;!channel&gt;",
        "\u202e",
        "\ud800",
        "`",
        "*",
        "_",
        "~",
        "\n",
    ]
)
TENANT_TEXT = st.lists(st.one_of(st.text(max_size=40), TRICKS), max_size=6).map("".join)
"""What an attacker may have written anywhere in the tenant."""


# --- what is proposed and done ---

STEPS = {
    "reset_password": ("Reset the password", "step 1"),
    "remove_forwarding": ("Remove forwarding addresses", "step 2"),
    "disable_inbox_rules": ("Disable suspicious inbox rules", "step 3"),
    "unblock_sending": ("Unblock the mailbox from sending", "step 4"),
    "block_sign_in": ("Block sign-in", "step 5"),
    "remove_admin_roles": ("Remove from administrative roles", "step 6"),
    "harden": ("Precautions", "step 7"),
    "revoke_oauth_grants": ("Revoke grants to applications", "additional step"),
}
TITLES = {step: title for step, (title, _) in STEPS.items()}
SOURCES = {step: source for step, (_, source) in STEPS.items()}
WORDS = ("Disable the inbox rule Money",)


def change(number: int = 0, step: str = "disable_inbox_rules", text: str = WORDS[0], **changes) -> Change:
    look = Look(Request("GET", f"/users/{ADELE.id}/mailFolders/inbox/messageRules/{number}"))
    made = Change(
        id=f"{step}:{number}",
        step=step,
        says=text,
        why=text,
        do=Request("PATCH", f"/users/{ADELE.id}/mailFolders/inbox/messageRules/{number}", body={"n": number}),
        look=look,
        expects={"isEnabled": True},
        wants={"isEnabled": False},
        undo=Undo(f"Undo: {text}", Cmdlet("Enable-InboxRule"), look, {"isEnabled": True}, note=text),
        suggested=True,
    )
    return replace(made, **changes)


def final(number: int = 0, step: str = "revoke_oauth_grants", text: str = WORDS[0], **changes) -> Change:
    """A change without an undo."""
    return change(number, step, text, undo=None, no_undo=text, suggested=False, warns=(text, text), **changes)


def new_password(text: str = "Reset the password of Adele Vance") -> Change:
    act = Request("PATCH", f"/users/{ADELE.id}", body={"passwordProfile": {"password": NEW_PASSWORD}})
    return change(0, "reset_password", text, do=act, undo=None, no_undo="The old password is not known.")


def task(number: int = 0, step: str = "harden", text: str = "Scan the computer") -> ManualTask:
    return ManualTask(f"{step}:{number}", step, text, (text, text), files={"warning.txt": text})


def offer(texts: tuple[str, ...] = WORDS, each: int = 1) -> tuple[Planned, ...]:
    """Something of every kind from every step, `each` times, in the order in which it would be done."""
    items: list[Planned] = []
    for step in reversed(STEPS):
        for number in range(each):
            text = texts[number % len(texts)]
            items += [change(number, step, text), final(number + each, step, text, tenant_wide=True)]
            items.append(task(number + 2 * each, step, text))
        items += [Nothing(step, texts[0]), Nothing(step, texts[-1], refused=True)]
    return tuple(items)


def needs(one: Change) -> int:
    return 1 if one.undo else 2


def proposal(texts: tuple[str, ...] = WORDS, each: int = 1, **changes) -> Proposal:
    changes_of = [one for one in offer(texts, each) if isinstance(one, Change)]
    tasks_of = [one for one in offer(texts, each) if isinstance(one, ManualTask)]
    plan = Plan(
        case_id="C-7F3K2",
        tenant="Contoso",
        subject_id=ADELE.id,
        subject=ADELE.mail,
        changes=(new_password(), *changes_of),
        tasks=tuple(tasks_of),
        nonce="n1",
    )
    plan = changes.pop("plan", plan)
    made = Proposal(
        id="P-7F3K2",
        plan=plan,
        digest=plan.digest,
        kind="contain",
        proposed_by="U0MEGAN01",
        proposer=frozenset({"megan@contoso.example"}),
        reason=texts[0][:500],
        needs=2,
        factor=False,
        strict=False,
        made_at=NOW,
        expires_at=NOW + timedelta(minutes=30),
        state=ProposalState.OPEN,
    )
    return replace(made, **changes)


def small(*changes_of: Change, tasks_of: tuple[ManualTask, ...] = (), **changes) -> Proposal:
    """A proposal of exactly these changes."""
    plan = Plan("C-7F3K2", "Contoso", ADELE.id, ADELE.mail, changes_of, tasks_of, "n1")
    return proposal(plan=plan, **changes)


def vote(voter: str = "U0MEGAN01", *, yes: bool = True, factor: bool = False) -> Vote:
    return Vote(voter, frozenset(), yes, NOW + timedelta(minutes=3), factor)


def action(one: Change, outcome: Outcome | None, says: str = "") -> Action:
    ended = NOW + timedelta(minutes=5) if outcome else None
    return Action(one.id, 1, None, NOW + timedelta(minutes=5), outcome, says, ended, "req-77")


def decided(texts: tuple[str, ...] = WORDS, each: int = 1) -> list[Proposal]:
    """A proposal in every state, with votes and with every outcome."""
    open_ = proposal(texts, each, votes=(vote(), vote("U0ALEX002", factor=True)), factor=True, strict=True)
    outcomes = [*Outcome]
    actions = tuple(
        action(one, outcomes[n % len(outcomes)], texts[n % len(texts)])
        for n, one in enumerate(open_.plan.changes)
    )
    return [
        replace(open_, state=state, decided_by="U0ALEX002", note=texts[0], actions=actions)
        if state in (ProposalState.RUNNING, ProposalState.DONE)
        else replace(open_, state=state, decided_by="U0ALEX002", note=texts[0])
        for state in ProposalState
    ]


def task_states(texts: tuple[str, ...] = WORDS, count: int = 3) -> tuple[TaskState, ...]:
    return tuple(
        TaskState(
            id=f"harden:{n}",
            number=n + 1,
            says=texts[n % len(texts)],
            how=tuple(texts[n % len(texts)] for _ in range(12)),
            done_by="U0MEGAN01" if n % 3 == 2 else "",
            done_at=NOW if n % 3 == 2 else None,
            note=texts[0] if n % 3 == 2 else "",
        )
        for n in range(count)
    )


def undoable(texts: tuple[str, ...] = WORDS, count: int = 3) -> tuple[tuple[Undoable, Action], ...]:
    made = [change(n, text=texts[n % len(texts)]) for n in range(count)]
    return tuple(
        (Undoable("P-7F3K2", n, one), action(one, Outcome.CONFIRMED)) for n, one in enumerate(made, start=1)
    )


def entry(event: LedgerEvent, seq: int = 1, actor: str = "U0MEGAN01") -> Entry:
    """An entry of a case, as the ledger gives it."""
    at = (NOW + timedelta(minutes=seq)).isoformat()
    return Entry(seq, at, event.KIND, event.VERSION, actor, "C-7F3K2", body_of(event), b"", b"")


def events(text: str) -> list[LedgerEvent]:
    """One of every kind of entry, with this text wherever one may be."""
    values: dict[str, Any] = {
        "str": text,
        "int": 3,
        "bool": False,
        "datetime": NOW,
        "tuple[str, ...]": (text,),
        "tuple[datetime, ...]": (NOW,),
        "Mapping[str, str]": {text: text},
        "Facts | None": None,
        "Facts": {"changes": [{"id": text, "says": text}], "tasks": [], "id": text},
    }
    kinds = [kind for kinds in EVENTS.values() for kind in kinds]
    return [kind(**{one.name: values[str(one.type)] for one in fields(kind)}) for kind in kinds]
