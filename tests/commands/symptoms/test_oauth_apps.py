"""An application is found by who let it in, by what it may do, and by what is known of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from commands.symptoms import oauth_apps
from graph.audit_log.record import AuditRecord
from graph.resources.applications import OAuthGrant
from tests.commands.evidence import INTRUDER, at, record, sign_in
from tests.commands.symptoms.judging import all_signs, broken_in, findings, past, signs

APP = "5c242833-909c-4c6b-bca3-50feaaa98d23"


def consent(
    scopes: str, *, app: str = APP, name: str = "Mail Sync Pro", admin: bool = False, **fields: Any
) -> AuditRecord:
    """A consent in the notation of the directory's records."""
    permissions = f"[] => [[Id: x, ClientId: y, PrincipalId: z, ConsentType: Principal, Scope:  {scopes}]]; "
    return record(
        "Consent to application",
        owner="",
        object_id=app,
        details={"TargetName": name},
        changes={
            "ConsentAction.Permissions": ("", permissions),
            "ConsentContext.IsAdminConsent": ("", str(admin)),
        },
        **fields,
    )


def grant(scopes: str, **fields: Any) -> OAuthGrant:
    """A grant that stands."""
    return OAuthGrant.model_validate(
        {
            "id": "grant-1",
            "client_id": "sp-1",
            "scope": scopes,
            "app_id": APP,
            "app_display_name": "Mail Sync Pro",
            **fields,
        }
    )


FOUND = [
    (
        "an application made from the attacker's address",
        "consent_by_intruder",
        {"sign_ins": broken_in(), "audit_log": [record("Add application", owner="", address=INTRUDER)]},
    ),
    (
        "a consent to an application that came with it, though an older grant names the same",
        "risky_consent",
        {
            "audit_log": [consent("Mail.Send")],
            "oauth_grants": [grant("Mail.Send", app_created_date_time=at(-24 * 300))],
        },
    ),
    (
        "mail for an unverified publisher, allowed by the victim at his own desk",
        "risky_consent",
        {"sign_ins": past(), "audit_log": [consent("Mail.Read offline_access")]},
    ),
    (
        "a telephone's own mail program",
        "consent",
        {"audit_log": [consent("EAS.AccessAsUser.All", app="f8d98a96-0999-43f5-8af3-69971c7bb423")]},
    ),
    (
        "an application that is new in the tenant and may send mail",
        "new_app_takes_mail",
        {
            "audit_log": [
                record(
                    "Add service principal", owner="", object_id=APP, details={"TargetName": "Mail Sync Pro"}
                ),
                consent("Mail.Send"),
            ]
        },
    ),
    (
        "a grant that is new in the tenant and may change mail",
        "new_app_takes_mail",
        {"oauth_grants": [grant("Mail.ReadWrite", app_created_date_time=at(-5))]},
    ),
    (
        "a consent from the attacker's address",
        "consent_by_intruder",
        {"sign_ins": broken_in(), "audit_log": [consent("Mail.Read", address=INTRUDER)]},
    ),
    (
        "mail for an unverified publisher",
        "risky_consent",
        {"audit_log": [consent("Mail.ReadWrite offline_access", address="198.51.100.9")]},
    ),
    (
        "an application known from takeovers",
        "abused_app",
        {"audit_log": [consent("Mail.Read", app="ff8d92dc-3d82-41d6-bcbd-b9174d163620")]},
    ),
    (
        "a mail program seen in takeovers",
        "app_seen_in_takeovers",
        {"audit_log": [consent("IMAP.AccessAsUser.All", app="e9a7fea1-1cc0-4cd9-a31b-9137ca5deedd")]},
    ),
    ("a consent for everyone", "consent_for_all", {"audit_log": [consent("Files.Read.All", admin=True)]}),
    ("an application called test", "odd_app", {"audit_log": [consent("User.Read", name="test app")]}),
    (
        "an application that bears the user's name",
        "odd_app",
        {"audit_log": [consent("User.Read", name="Adele Vance")]},
    ),
    ("a harmless consent", "consent", {"audit_log": [consent("User.Read openid")]}),
    (
        "a secret added",
        "app_secret_added",
        {
            "audit_log": [
                record("Update application – Certificates and secrets management", owner="", object_id="app")
            ]
        },
    ),
    (
        "a secret added from the attacker's address",
        "app_credentials_by_intruder",
        {
            "sign_ins": broken_in(),
            "audit_log": [
                record("Add service principal credentials", owner="", object_id="app", address=INTRUDER)
            ],
        },
    ),
    (
        "application permissions",
        "app_rights_given",
        {
            "audit_log": [
                record(
                    "Add app role assignment to service principal",
                    owner="",
                    changes={"AppRole.Value": ("", "Mail.ReadWrite")},
                )
            ]
        },
    ),
    (
        "a new grant that stands",
        "risky_consent",
        {"oauth_grants": [grant("Mail.Read", app_created_date_time=at(-5))]},
    ),
    (
        "an old grant of an abused application",
        "abused_app",
        {"oauth_grants": [grant("Mail.Read", app_id="ff8d92dc-3d82-41d6-bcbd-b9174d163620")]},
    ),
    (
        "a reply address on the own machine",
        "odd_app",
        {"oauth_grants": [grant("Mail.Read", reply_urls=("http://localhost:7823/access/",))]},
    ),
]

NOT_FOUND = [
    (
        "a grant without any name",
        {"oauth_grants": [OAuthGrant(id="g", client_id="sp", scope="User.Read")]},
    ),
    (
        "a developer's secret, added where he always works",
        {
            "sign_ins": past(),
            "audit_log": [record("Update application – Certificates and secrets management", owner="")],
        },
    ),
    (
        "Microsoft's own application",
        {
            "oauth_grants": [
                grant(
                    "Mail.ReadWrite",
                    app_owner_organization_id="f8cdef31-a31e-4b4a-93e4-5f571e91255a",
                    app_created_date_time=at(-5),
                )
            ]
        },
    ),
    (
        "a verified publisher's new application",
        {"oauth_grants": [grant("Mail.Read", verified_publisher="Fabrikam", app_created_date_time=at(-5))]},
    ),
    ("an application of old", {"oauth_grants": [grant("Mail.Read", app_created_date_time=at(-24 * 400))]}),
    (
        "a grant that reads a name only",
        {"oauth_grants": [grant("User.Read openid", app_created_date_time=at(-5))]},
    ),
    ("a consent that failed", {"audit_log": [consent("Mail.Read", succeeded=False)]}),
    ("someone else's consent", {"audit_log": [consent("Mail.Read", actor="alex@contoso.example")]}),
    ("an application made at work", {"sign_ins": past(), "audit_log": [record("Add application", owner="")]}),
    (
        "rights to a harmless thing",
        {
            "audit_log": [
                record(
                    "Add app role assignment to service principal",
                    owner="",
                    changes={"AppRole.Value": ("", "User.Read.Self")},
                )
            ]
        },
    ),
]


@pytest.mark.parametrize(("why", "sign", "sources"), FOUND, ids=[row[0] for row in FOUND])
def test_it_finds(why, sign, sources):
    assert sign in signs(oauth_apps, **sources)


@pytest.mark.parametrize(("why", "sources"), NOT_FOUND, ids=[row[0] for row in NOT_FOUND])
def test_it_leaves_alone(why, sources):
    assert signs(oauth_apps, **sources) == set()


def test_an_old_risky_grant_is_told_and_weighs_nothing():
    assert all_signs(oauth_apps, oauth_grants=[grant("Mail.Read")]) == {"risky_grant_standing"}


def test_the_permissions_are_read_from_microsofts_notation():
    assert oauth_apps.scopes_of(consent("Mail.ReadWrite offline_access")) == (
        "Mail.ReadWrite",
        "offline_access",
    )
    (finding,) = findings(
        oauth_apps, audit_log=[consent("Mail.ReadWrite offline_access", address="198.51.100.9")]
    )
    assert "Mail.ReadWrite" in finding.summary


def test_a_consent_and_its_grant_are_told_once():
    seen = {
        "audit_log": [consent("Mail.Read", address="198.51.100.9")],
        "oauth_grants": [grant("Mail.Read", app_created_date_time=at(-1))],
    }
    assert len(findings(oauth_apps, **seen)) == 1


def test_every_row_of_the_table_has_a_source_and_its_own_id():
    ids = [app.app_id for app in oauth_apps.SEEN_APPS]
    assert len(ids) == len(set(ids))
    assert all(app.source and app.app_id == app.app_id.lower() for app in oauth_apps.SEEN_APPS)


RISKY = {"MethodExecutionResult": "Microsoft.online.Security.userConsentBlockedForRiskyAppsExceptions"}


@pytest.mark.parametrize(
    ("why", "sources", "expected"),
    [
        (
            "Entra calls it risky",
            {
                "audit_log": [
                    replace(consent("Mail.Read", succeeded=False), details={"TargetName": "X", **RISKY})
                ]
            },
            "risky_consent_blocked",
        ),
        (
            "blocked for some reason",
            {"audit_log": [consent("Mail.Read", succeeded=False)]},
            "consent_refused",
        ),
        ("the user declined", {"sign_ins": [*past(), sign_in(error_code=65004)]}, "consent_refused"),
        ("an administrator is asked", {"sign_ins": [*past(), sign_in(error_code=90095)]}, "consent_refused"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_a_consent_that_was_refused_lets_nobody_in(why, sources, expected):
    assert all_signs(oauth_apps, **sources) == {expected}


def test_a_refused_consent_is_not_told_as_granted():
    (finding,) = findings(oauth_apps, audit_log=[consent("Mail.Read", succeeded=False)])
    assert finding.summary.startswith("Consent to the application Mail Sync Pro was blocked")


ROGUE = "0d3f4c6e-7a11-4c1b-9d55-6a1f0c2b9e77"
KNOWN = grant("User.Read", verified_publisher="Mail Sync Ltd", app_created_date_time=at(-24 * 300))


def rogue_grant(scopes: str, **fields: Any) -> OAuthGrant:
    """A grant of another application, which has the same name as the one that is known."""
    return grant(scopes, id="grant-2", client_id="sp-2", app_id=ROGUE, **fields)


def test_an_application_that_takes_the_name_of_a_verified_one_is_not_taken_for_it():
    """Anybody can give an application the name of one that the user has had for long."""
    seen = {
        "sign_ins": past(),
        "audit_log": [consent("Mail.ReadWrite Mail.Send", app=ROGUE)],
        "oauth_grants": [KNOWN, rogue_grant("Mail.ReadWrite Mail.Send", app_created_date_time=at(-1))],
    }
    assert signs(oauth_apps, **seen) == {"new_app_takes_mail"}


def test_a_consent_to_one_application_tells_nothing_of_another_one_of_its_name():
    seen = {
        "sign_ins": past(),
        "audit_log": [consent("User.Read")],
        "oauth_grants": [KNOWN, rogue_grant("Mail.ReadWrite", app_created_date_time=at(-1))],
    }
    assert signs(oauth_apps, **seen) == {"consent", "new_app_takes_mail"}


def test_others_refusals_and_other_errors_are_left_alone():
    other = consent("Mail.Read", succeeded=False, actor="nestor.wilke@contoso.example")
    assert all_signs(oauth_apps, audit_log=[other], sign_ins=[*past(), sign_in(error_code=50126)]) == set()
