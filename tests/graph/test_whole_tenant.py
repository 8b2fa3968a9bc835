"""All queries against the local tenant: what they give, and what each missing right or license costs."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from graph.accounts import find_subject
from graph.collect import collect
from graph.errors import NoSuchUser
from graph.evidence import SOURCES, Known, Reason, Unavailable
from graph.question import Question, Window
from sandbox import tenant
from tests.each import each
from tests.graph.local import connect_to
from tests.graph.test_collect import Memory
from tests.made import made

ADELE = "adele.vance@contoso.example"
LEAST = frozenset(
    [
        "User.Read.All",
        "Domain.Read.All",
        "Domain-InternalFederation.Read.All",
        "AuditLog.Read.All",
        "AuditLogsQuery.Read.All",
        "MailboxSettings.Read",
        "Mail.ReadBasic.All",
        "Mail.Read",
        "ExchangeMessageTrace.Read.All",
        "UserAuthenticationMethod.Read.All",
        "Directory.Read.All",
        "Application.Read.All",
        "RoleManagement.Read.Directory",
        "PrivilegedEligibilitySchedule.Read.AzureADGroup",
        "IdentityRiskyUser.Read.All",
        "IdentityRiskEvent.Read.All",
        "Exchange.ManageAsApp",
    ]
)
EXCHANGE = [
    "hidden_inbox_rules",
    "sweep_rules",
    "mailbox",
    "signature",
    "junk_lists",
    "blocked_senders",
    "mail_protocols",
    "delegates",
    "mobile_devices",
    "exchange_role_groups",
    "purview_role_groups",
    "transport_rules",
]
MAIL = ["mail_folders", "sent_items", "deleted_items", "recoverable_items", "password_reset_mail"]


@pytest.fixture(scope="module")
def takeover() -> Iterator[tenant.RunningTenant]:
    with tenant.start(made("mailbox-takeover"), limits=False, audit_query_seconds=0.05) as running:
        yield running


@pytest.fixture
def least(takeover: tenant.RunningTenant) -> Iterator[tenant.RunningTenant]:
    """The takeover, with an application that holds the least permissions; put back afterwards."""
    permissions, cmdlets = set(takeover.permissions), set(takeover.exchange_cmdlets)
    compliance = set(takeover.compliance_cmdlets)
    takeover.permissions.intersection_update(LEAST)
    yield takeover
    takeover.permissions.update(permissions)
    takeover.exchange_cmdlets.update(cmdlets)
    takeover.compliance_cmdlets.update(compliance)


def check(
    running: tenant.RunningTenant, *sources: str, days: float = 14, patience: float = 600
) -> dict[str, Any]:
    now = running.state.clock()
    with connect_to(running) as connection:
        subject = find_subject(ADELE, connection)
        question = Question(subject, Window(now - timedelta(days=days), now))
        asked = sources or SOURCES
        answers = {
            one.source: one.answer
            for one in collect(question, connection, Memory(), patience=patience, sources=asked)
        }
    assert set(answers) == set(asked)
    return answers


def test_a_takeover_is_seen_whole_with_the_least_permissions(least: tenant.RunningTenant) -> None:
    answers = check(least)
    incomplete = {
        name: answer for name, answer in answers.items() if not isinstance(answer, Known) or answer.missing
    }
    assert incomplete == {}
    empty = {name for name, answer in answers.items() if isinstance(answer.value, tuple) and not answer.value}
    assert empty == set()
    mailbox = answers["mailbox"].value
    assert mailbox.forwarding_smtp_address or mailbox.forwarding_contact_address
    assert {folder.well_known for folder in answers["mail_folders"].value} >= {
        "inbox",
        "sentitems",
        "deleteditems",
    }
    assert all(message.text for message in answers["sent_items"].value)
    assert {rule.name for rule in answers["hidden_inbox_rules"].value} > {
        rule.display_name for rule in answers["inbox_rules"].value
    }


def test_no_request_is_refused_and_few_are_needed(least: tenant.RunningTenant) -> None:
    before = len(least.calls)
    check(least)
    calls = [call for call in least.calls[before:] if not call.batched]
    assert [call for call in calls if call.status >= 400] == []
    assert not any(call.writes for call in calls)
    assert len(calls) < 90
    assert all(call.client_request_id for call in calls if call.service != "login")


COSTS = {
    "User.Read.All": ("user", "registered_devices"),
    "Domain.Read.All": ("domains",),
    "AuditLog.Read.All": (
        "sign_ins",
        "sign_ins_non_interactive",
        "directory_audits_on_user",
        "directory_audits_by_user",
    ),
    "AuditLogsQuery.Read.All": ("audit_log", "audit_log_on_mailbox"),
    "MailboxSettings.Read": ("inbox_rules", "auto_reply"),
    "Mail.ReadBasic.All": tuple(MAIL),
    "ExchangeMessageTrace.Read.All": ("message_trace",),
    "UserAuthenticationMethod.Read.All": ("authentication_methods",),
    "Directory.Read.All": ("oauth_grants", "app_role_assignments"),
    "RoleManagement.Read.Directory": ("directory_roles",),
    "IdentityRiskyUser.Read.All": ("risky_user",),
    "IdentityRiskEvent.Read.All": ("risk_detections",),
    "Exchange.ManageAsApp": tuple(EXCHANGE),
}
IMPLIED_BY = {
    "User.Read.All": "Directory.Read.All",
    "Domain.Read.All": "Directory.Read.All",
    "AuditLog.Read.All": "Directory.Read.All",
    "RoleManagement.Read.Directory": "Directory.Read.All",
    "Mail.ReadBasic.All": "Mail.Read",
}
INSTEAD = {
    "AuditLogsQuery.Read.All": "Search-UnifiedAuditLog",
    "ExchangeMessageTrace.Read.All": "Get-MessageTraceV2",
}


def test_the_costs_of_every_source_are_tested() -> None:
    assert {source for sources in COSTS.values() for source in sources} == set(SOURCES)


@pytest.mark.parametrize("permission", COSTS)
def test_a_permission_taken_away_is_named_by_the_sources_that_need_it(
    least: tenant.RunningTenant, permission: str
) -> None:
    with connect_to(least) as connection:
        subject = find_subject(ADELE, connection)
        least.permissions.discard(permission)
        least.permissions.discard(IMPLIED_BY.get(permission, ""))
        least.exchange_cmdlets.discard(INSTEAD.get(permission, ""))
        now = least.state.clock()
        question = Question(subject, Window(now - timedelta(days=14), now))
        answers = list(collect(question, connection, Memory(), patience=600, sources=COSTS[permission]))
    for one in each(answers):
        assert isinstance(one.answer, Unavailable), one.source
        assert (one.answer.reason, one.answer.needs) == (Reason.PERMISSION, permission), one
        assert permission in one.answer.says or one.source in EXCHANGE


@pytest.mark.parametrize(
    ("cmdlet", "source"),
    [
        ("Get-InboxRule", "hidden_inbox_rules"),
        ("Get-SweepRule", "sweep_rules"),
        ("Get-Mailbox", "mailbox"),
        ("Get-MailboxMessageConfiguration", "signature"),
        ("Get-CASMailbox", "mail_protocols"),
        ("Get-RoleGroup", "exchange_role_groups"),
        ("Get-TransportRule", "transport_rules"),
    ],
)
def test_a_cmdlet_taken_away_is_named(least: tenant.RunningTenant, cmdlet: str, source: str) -> None:
    least.exchange_cmdlets.discard(cmdlet)
    answer = check(least, source)[source]
    assert (answer.reason, answer.needs) == (Reason.PERMISSION, f"an Exchange role with {cmdlet}")


def test_without_the_right_to_bodies_messages_come_without_texts(least: tenant.RunningTenant) -> None:
    least.permissions.discard("Mail.Read")
    for source in ("sent_items", "deleted_items", "recoverable_items"):
        answer = check(least, source)[source]
        assert answer.missing == ("message texts (needs Mail.Read)",)
        assert answer.value
        assert not any(message.text for message in answer.value)


@pytest.mark.parametrize("source", ["audit_log", "audit_log_on_mailbox", "message_trace"])
def test_exchange_gives_the_same_records_where_graph_may_not_be_asked(
    least: tenant.RunningTenant, source: str
) -> None:
    through_graph = check(least, source)[source]
    least.permissions -= {"AuditLogsQuery.Read.All", "ExchangeMessageTrace.Read.All"}
    through_exchange = check(least, source)[source]

    def told(answer: Any) -> set[Any]:
        return {getattr(one, "id", one) for one in answer.value}

    assert told(through_exchange) == told(through_graph)


def test_a_tenant_without_premium_license_says_what_it_lacks() -> None:
    with tenant.start(made("no-premium-license"), limits=False, audit_query_seconds=0.05) as running:
        answers = check(running)
    lacks = {name: answer.needs for name, answer in answers.items() if isinstance(answer, Unavailable)}
    assert lacks == {
        "sign_ins": "Microsoft Entra ID P1",
        "sign_ins_non_interactive": "Microsoft Entra ID P1",
        "risky_user": "Microsoft Entra ID P2",
        "risk_detections": "Microsoft Entra ID P1",
    }
    assert {answers[name].reason for name in lacks} == {Reason.LICENSE}
    partial = {
        name: answer.missing
        for name, answer in answers.items()
        if isinstance(answer, Known) and answer.missing
    }
    assert set(partial) == {"directory_audits_on_user", "directory_audits_by_user", "directory_roles"}
    assert all("Microsoft Entra ID P" in gap for gaps in partial.values() for gap in gaps)


@pytest.mark.parametrize(
    "fault", [{"html": True}, {"nul": True, "status": 500}, {"reset": True}, {"status": 429}]
)
def test_passing_faults_of_the_tenant_cost_nothing(
    takeover: tenant.RunningTenant, fault: dict[str, Any]
) -> None:
    for target in ("/users/*", "/auditLogs/signIns", "/domains", "Get-Mailbox", "Get-RoleGroup"):
        takeover.faults.add(target, tenant.Fault(**{"status": 503, **fault}), times=1)
    answers = check(takeover, "sign_ins", "domains", "mailbox", "purview_role_groups", "user")
    takeover.faults.clear()
    assert all(isinstance(answer, Known) and not answer.missing for answer in each(answers.values()))


def test_a_source_that_stays_broken_is_failed_and_the_others_are_not(takeover: tenant.RunningTenant) -> None:
    takeover.faults.add("/domains", tenant.Fault(status=502, html=True))
    answers = check(takeover, "domains", "user")
    takeover.faults.clear()
    assert answers["domains"].reason is Reason.FAILED
    assert isinstance(answers["user"], Known)


def test_auditing_that_is_off_is_told(takeover: tenant.RunningTenant) -> None:
    takeover.state.admin_audit_log_config["UnifiedAuditLogIngestionEnabled"] = False
    answer = check(takeover, "audit_log")["audit_log"]
    takeover.state.admin_audit_log_config["UnifiedAuditLogIngestionEnabled"] = True
    assert answer.reason is Reason.AUDITING_OFF


def test_the_subject_is_found_by_alias_and_id_and_nobody_by_a_strangers_name(
    takeover: tenant.RunningTenant,
) -> None:
    with connect_to(takeover) as connection:
        subject = find_subject(ADELE.upper(), connection)
        assert subject.user_principal_name == ADELE
        assert find_subject(subject.id, connection) == subject
        alias = next(address for address in subject.addresses if address != ADELE)
        assert find_subject(alias, connection) == subject
        for stranger in ("nobody@contoso.example", "o'brien#ext#@contoso.example"):
            with pytest.raises(NoSuchUser):
                find_subject(stranger, connection)


KINDS: tuple[dict[str, Any], ...] = (
    {"status": 500},
    {"status": 200, "html": True},
    {"status": 403, "code": "Authorization_RequestDenied"},
    {"status": 400, "code": "BadRequest"},
    {"status": 401},
    {"reset": True},
)


@pytest.mark.parametrize("seed", [2, 12])
def test_whatever_fails_no_source_gives_less_and_calls_it_complete(
    takeover: tenant.RunningTenant, seed: int
) -> None:
    chance = random.Random(seed)
    whole = check(takeover)
    targets = sorted(
        {
            call.cmdlet or "/" + call.path.split("/", 3)[3]
            for call in takeover.calls
            # Looking the account up goes before all sources, and "/users" stands for everything below it.
            if call.service != "login" and "@" not in call.path and not call.path.endswith("/users")
        }
    )
    for target in chance.sample(targets, 10):
        takeover.faults.add(target, tenant.Fault(**chance.choice(KINDS)), times=chance.choice([1, None]))
    answers = check(takeover)
    takeover.faults.clear()
    complete = {name for name, one in answers.items() if isinstance(one, Known) and not one.missing}
    assert {name for name in complete if answers[name].value != whole[name].value} == set()
    assert 0 < len(complete) < len(SOURCES)
    assert not any("Internal error" in one.says for one in answers.values() if isinstance(one, Unavailable))
