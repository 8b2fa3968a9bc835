"""Reports and case views for tests: one rich, one clean, and one in which the intruder wrote every text."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from bot.messages.case_card import CaseView
from commands.check import Progress
from commands.report import (
    Answer,
    Event,
    Finding,
    Report,
    Result,
    Severity,
    Sign,
    SourceState,
    State,
    SymptomResult,
    Verdict,
)
from graph.question import Subject, Window

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
        sign=Sign(f"{symptom}_sign", Severity.HIGH, "Hardly anybody does this by themselves."),
        summary=says,
        at=NOW - timedelta(hours=5),
        by="adele.vance@contoso.example",
        address="203.0.113.77",
        before="",
        after="",
        records=("a1", "a2", "a3", "a4"),
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
        source = f"symptom {number}" if number <= len(TEN) else "beyond the document"
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
        verdict=Verdict(Answer.COMPROMISED, 55, "high", reasons, ("risky_user",), texts[0]),
        symptoms=tuple(symptoms),
        sources=sources(texts[-1]),
        timeline=events,
    )


def sources(why: str = "The tenant has no Entra ID P1 licence.") -> tuple[SourceState, ...]:
    return (
        SourceState("user", State.COMPLETE, "", 1, NOW),
        SourceState("audit_log", State.PARTIAL, "The search was cut off at 50,000 records.", 50_000, NOW),
        SourceState("sign_ins", State.UNAVAILABLE, why, 0, needs="an Entra ID P1 licence"),
        SourceState("risky_user", State.UNAVAILABLE, why, 0, needs="an Entra ID P1 licence"),
        SourceState("message_trace", State.UNAVAILABLE, "Microsoft did not answer in time.", 0),
    )


def clean() -> Report:
    """Nothing found, two symptoms not seen."""
    report = rich()
    symptoms = tuple(
        replace(
            result,
            result=Result.UNKNOWN if result.id in {"missing_mail", "oauth_apps"} else Result.ABSENT,
            reason="Could not look: message trace."
            if result.id == "missing_mail"
            else "Everything was seen.",
            findings=(),
        )
        for result in report.symptoms
    )
    verdict = Verdict(
        Answer.NO_SIGN_FOUND, 0, "medium", (), ("message_trace",), "Nothing speaks for a takeover."
    )
    return replace(report, symptoms=symptoms, verdict=verdict)


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
        files=("report.txt", "timeline.csv"),
        finished_at=NOW + timedelta(seconds=42),
        **changes,
    )


def progress(texts: tuple[str, ...] = ("Forwarding to an outside address was added.",)) -> Progress:
    return Progress(
        sources=sources(),
        waiting=("mailbox", "sent_items", "deleted_items", "message_trace", "signature", "junk_lists"),
        so_far=lambda: Verdict(
            Answer.SUSPICIOUS,
            5,
            "low",
            tuple(finding(f"s{n}", text) for n, text in enumerate(texts)),
            ("mailbox",),
            "This account is suspicious.",
        ),
    )


def nothing_yet() -> Verdict:
    return Verdict(Answer.CANNOT_TELL, 0, "low", (), (), "Nobody can tell from what could be seen.")


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
"""What an intruder may have written anywhere in the tenant."""
