"""Applications that were let into the account, or given secrets and rights by it.

A consent outlives a new password: the application goes on reading. Source: Microsoft Graph,
"oAuth2PermissionGrant resource type"; Microsoft Entra, "Consent to application" audit records; detections
D64 to D68 of the public rules.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from commands.clues.actions import changed, concerns, graded, once
from commands.clues.consents import (
    about,
    apps_of,
    gives_credentials,
    is_consent,
    keys_of,
    keys_of_app,
    refused,
)
from commands.clues.records import (
    PHONE_MAIL,
    changing,
    found,
    listed,
    one_line,
    whence,
)
from commands.report import Finding, Sign, weighed
from commands.sentence import WAS, Piece, Sentence, around, sentence, thing, whole
from commands.usual import Usual
from graph.audit_log.record import AuditRecord
from graph.evidence import Evidence, remembered
from graph.resources.applications import OAuthGrant

TITLE = "Application consent granted"
SOURCE = "additional indicator"
NEEDS: Final = ("oauth_grants", ("audit_log", "directory_audits_by_user"))
HELPS: Final = ("sign_ins", "audit_log_on_mailbox", "directory_audits_on_user")

BY_INTRUDER = weighed("consent_by_intruder")
CREDENTIALS_BY_INTRUDER = weighed("app_credentials_by_intruder")
ABUSED = weighed("abused_app")
REVIEW = weighed("app_seen_in_takeovers")
SECRET = weighed("app_secret_added")
FOR_ALL = weighed("consent_for_all")
APP_RIGHTS = weighed("app_rights_given")
ODD = weighed("odd_app")
TAKES_MAIL = weighed("new_app_takes_mail")
OWN = weighed("app_work_at_own_place")
RISKY = weighed("risky_consent")
CONSENT = weighed("consent")
STANDING = weighed("risky_grant_standing")
RISKY_REFUSED = weighed("risky_consent_blocked")
REFUSED = weighed("consent_refused")
SIGNS: Final = (
    BY_INTRUDER,
    CREDENTIALS_BY_INTRUDER,
    ABUSED,
    TAKES_MAIL,
    REVIEW,
    SECRET,
    FOR_ALL,
    APP_RIGHTS,
    ODD,
    RISKY,
    CONSENT,
    OWN,
    STANDING,
    RISKY_REFUSED,
    REFUSED,
)

REFUSALS: Final = {
    65004: "The user declined consent to",
    90094: "An administrator's consent was needed for",
    90095: "An administrator's consent was asked for",
}
"""Sign-in errors of consent that was not granted. Source: Microsoft Entra, "Authentication error codes"."""


@dataclass(frozen=True, slots=True)
class SeenApp:
    """An application that reports of takeovers name; `source` says which."""

    app_id: str
    name: str
    sign: Sign
    source: str


_HUNTRESS: Final = "Huntress, Rogue Apps catalogue"
_LISTS: Final = (
    "the lists of applications seen in takeovers of CIPP, randomaccess3 and Microsoft-Extractor-Suite"
)

SEEN_APPS: Final = (
    SeenApp(
        "ff8d92dc-3d82-41d6-bcbd-b9174d163620",
        "PerfectData Software",
        ABUSED,
        "Darktrace, 2023; " + _HUNTRESS,
    ),
    SeenApp("2ef68ccc-8a4d-42ff-ae88-2d7bb89ad139", "Mail_Backup", ABUSED, _LISTS),
    SeenApp("a245e8c0-b53c-4b67-9b45-751d1dff8e6b", "Newsletter Software Supermailer", ABUSED, _HUNTRESS),
    SeenApp("4761b959-9780-4c2d-87a3-512b4638f767", "rclone", ABUSED, _LISTS),
    SeenApp("b15665d9-eda6-4092-8539-0eec376afd59", "rclone", ABUSED, _HUNTRESS),
    SeenApp("b1c4926a-5fb6-4aad-b920-709c957be148", "Horizon Tech", ABUSED, _LISTS),
    SeenApp("1a9b8d93-0d60-4835-896f-83016de95ff5", "Teleforge Directory", ABUSED, _LISTS),
    SeenApp("497ac034-5120-4c1a-929a-0351f5c09918", "ZoomInfo Communitiez Login", ABUSED, _LISTS),
    SeenApp("858d7e42-35f0-44b7-9033-df309239a47f", "Zoominfo Login", ABUSED, _LISTS),
    SeenApp("e9a7fea1-1cc0-4cd9-a31b-9137ca5deedd", "eM Client", REVIEW, _HUNTRESS),
    SeenApp("a43e5392-f48b-46a4-a0f1-098b5eeb4757", "CloudSponge", REVIEW, _LISTS),
    SeenApp("412445a2-0794-487e-9dd6-d57d9593b249", "CubeBackup", REVIEW, _LISTS),
    SeenApp("62db40a4-2c7e-4373-a609-eda138798962", "Edison Mail", REVIEW, _LISTS),
    SeenApp("77468577-4f6e-40e7-b745-11d3d0c28095", "Fastmail", REVIEW, _LISTS),
    SeenApp("231575bc-9f6c-4539-9241-5cfae696b630", "Foxmail", REVIEW, _LISTS),
    SeenApp("9af771d1-1288-43f0-91a6-adadcbd212b5", "Jotform", REVIEW, _LISTS),
    SeenApp("179d5108-412b-4c95-8e34-06786784ab39", "PostBox", REVIEW, _LISTS),
    SeenApp("caffae8c-0882-4c81-9a27-d1803af53a40", "SigParser", REVIEW, _LISTS),
    SeenApp("946c777c-bc85-489e-b034-392389ae23d6", "Spike", REVIEW, _LISTS),
)
"""Our own table of public application ids; being in it asks for a review and proves nothing by itself."""

_BY_ID: Final = {app.app_id: app for app in SEEN_APPS}

MICROSOFT_OWNERS: Final = frozenset(
    {"f8cdef31-a31e-4b4a-93e4-5f571e91255a", "72f988bf-86f1-41af-91ab-2d7cd011db47"}
)
"""Tenants that Microsoft's own applications belong to."""

MAIL_SCOPES: Final = re.compile(
    r"^(?:mail\.(?:readwrite|send)|ews\.accessasuser|imap\.|smtp\.send|full_access_as)", re.IGNORECASE
)
"""Permissions with which an application changes or sends mail."""

RISKY_SCOPES: Final = re.compile(
    r"^(?:mail\.(?:read|readwrite|send)|mailboxsettings\.readwrite|ews\.accessasuser|imap\.|pop\.|smtp\.send|"
    r"full_access_as|files\.(?:read|readwrite)|sites\.|contacts\.read|notes\.|chat\.|"
    r"directory\.(?:readwrite|accessasuser)|rolemanagement\.|approleassignment\.|user\.readwrite|user_impersonation)",
    re.IGNORECASE,
)
"""Permissions with which an application gets at mail, files or the directory."""

_SCOPES: Final = re.compile(r"Scope:\s*([^,\]]*)")
_TEST_NAME: Final = re.compile(
    r"(?:test ?(?:app)?|app ?test|apptest|untitled|new ?app|asdf\w*|qwe\w*)\d*", re.IGNORECASE
)
_LOCAL_REPLY: Final = re.compile(r"http://(?:localhost|127\.0\.0\.1)(?::\d+)?/access/?", re.IGNORECASE)


def detect(evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    """Yield consents and changes of applications in the window, and grants that stand."""
    yield from once(_all(evidence, usual))
    yield from _refused(evidence, usual)


def _all(evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    # Of each application once, for there may be thousands of both.
    ids: set[str] = set()
    names: set[str] = set()
    for record in changing(evidence):
        if concerns(record, evidence.subject):
            found_here = tuple(_record(record, evidence, usual))
            if found_here:
                known = apps_of(record)
                ids |= known | {record.object_id.casefold()}
                names |= set() if known else {record.details.get("TargetName", "").casefold()}
            yield from found_here
    for grant in evidence.oauth_grants.seen(()):
        theirs = {id_.casefold() for id_ in (grant.app_id, grant.client_id) if id_}
        name = grant.app_display_name.casefold()
        if not theirs.isdisjoint(ids) or (name and name in names):
            yield from (one for one in _grant(grant, evidence) if one.sign in {ODD, ABUSED, REVIEW})
        else:
            yield from _grant(grant, evidence)


def _refused(evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    for record in refused(evidence):
        name = one_line(record.details.get("TargetName", "") or record.object_id or "an application")
        told = " ".join((*(change.new for change in record.changes), *record.details.values())).casefold()
        sign = RISKY_REFUSED if "risky" in told else REFUSED
        says = sentence("Consent to the application ", thing(name), " was blocked", whence(record, usual))
        yield found("oauth_apps", sign, says, record, after=name)
    for one in usual.sign_ins:
        refusal = REFUSALS.get(one.status.error_code or 0)
        if refusal and one.created_date_time in evidence.window:
            name = one_line(one.app_display_name or one.app_id or "an application")
            where = around(f", from {one.ip_address or 'an unknown address'}")
            says = sentence(f"{refusal} the application ", thing(name), where)
            yield Finding(
                symptom="oauth_apps",
                sign=REFUSED,
                summary=whole(says),
                at=one.created_date_time,
                by=one.user_principal_name,
                address=one.ip_address,
                after=name,
                records=(one.id,),
                pieces=says,
            )


def scopes_of(record: AuditRecord) -> tuple[str, ...]:
    """Give the permissions that a consent record grants: in Microsoft's notation, those after the arrow."""
    granted = (
        changed(record, "ConsentAction.Permissions")[1]
        or changed(record, "DelegatedPermissionGrant.Scope")[1]
    )
    after = granted.rpartition("=>")[2]
    found_scopes = _SCOPES.findall(after) or [after if "[" not in after else ""]
    return tuple(dict.fromkeys(scope for text in found_scopes for scope in text.split()))


def _record(record: AuditRecord, evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    operation = record.operation.casefold().strip()
    name = one_line(record.details.get("TargetName", "") or record.object_id or "an application")

    def said(
        plain: Sign,
        says: Sentence,
        familiar: Sign | None = None,
        suspect: Sign = BY_INTRUDER,
        *,
        act: str = operation,
    ) -> Finding:
        sign = graded(record, usual, suspect=suspect, plain=plain, familiar=familiar)
        return found("oauth_apps", sign, (*says, whence(record, usual)), record, after=name, act=act)

    if is_consent(record):
        scopes = scopes_of(record)
        risky = [scope for scope in scopes if RISKY_SCOPES.match(scope)]
        asked = f" with {listed(scopes, 8)}" if scopes else ""
        known = _BY_ID.get(record.object_id.casefold())
        for_all = changed(record, "ConsentContext.IsAdminConsent")[1].casefold() == "true"
        plain = CONSENT
        if known is not None:
            plain = known.sign
        elif for_all and risky:
            plain = FOR_ALL
        elif is_odd(name, evidence):
            plain = ODD
        elif risky and not _is_verified(record, evidence) and apps_of(record).isdisjoint(PHONE_MAIL):
            takes_mail = any(MAIL_SCOPES.match(scope) for scope in scopes)
            plain = TAKES_MAIL if takes_mail and _is_new(record, evidence) else RISKY
        says = sentence("Consent was granted to the application ", thing(name), asked)
        yield said(plain, says, act=f"consent:{' '.join(scopes)}")
    elif gives_credentials(record) or operation in {
        "add service principal credentials",
        "update service principal credentials",
        "add owner to application",
        "add owner to service principal",
    }:
        act = "owner" if "owner" in operation else "credentials"
        what = "An owner was added to" if act == "owner" else "Secrets or certificates were changed on"
        says = sentence(f"{what} the application ", thing(name))
        yield said(SECRET, says, OWN, CREDENTIALS_BY_INTRUDER, act=act)
    elif operation in {"add app role assignment to service principal", "add application permission"}:
        rights = changed(record, "AppRole.Value")[1]
        plain = APP_RIGHTS if RISKY_SCOPES.match(rights) else CONSENT
        if not rights or plain is APP_RIGHTS:
            # The record's target is the service that is opened; who may now use it stands among the changes.
            client = one_line(changed(record, "ServicePrincipal.DisplayName")[1])
            what = f"the permission {one_line(rights)}" if rights else "application permissions"
            whose = f"The application {client}" if client else "An application"
            says = sentence(f"{whose} was granted {what} on ", thing(name))
            yield said(plain, says, OWN, CREDENTIALS_BY_INTRUDER, act=f"permission:{client}:{rights}")
    elif operation in {"add application", "add service principal"} and usual.is_suspect_record(record):
        the_application = Piece("The application ", many="The applications ")
        yield said(SECRET, sentence(the_application, thing(name), WAS, " created"), act="made")


def _is_verified(record: AuditRecord, evidence: Evidence) -> bool:
    """Say whether the grant that stands shows a verified publisher or Microsoft behind this application."""
    is_it = about(record)
    behind = [
        grant
        for grant in _grants_for(record, evidence)
        if is_it((grant.app_id, grant.client_id), grant.app_display_name)
    ]
    return bool(behind) and all(
        grant.verified_publisher or grant.app_owner_organization_id in MICROSOFT_OWNERS for grant in behind
    )


def _is_new(record: AuditRecord, evidence: Evidence) -> bool:
    """Say whether the application came into the tenant within the window, by the grant or by a record."""
    is_it = about(record)
    for grant in _grants_for(record, evidence):
        if is_it((grant.app_id, grant.client_id), ""):
            made = grant.app_created_date_time
            return made is not None and made in evidence.window
    ids, names = _added(evidence)
    return record.object_id in ids or record.details.get("TargetName", "") in names


def _grants_for(record: AuditRecord, evidence: Evidence) -> Iterator[OAuthGrant]:
    """Give the grants that a record may be about, in their order."""
    grants, places = evidence.oauth_grants.seen(()), _places_of_grants(evidence)
    for place in sorted({place for key in keys_of(record) for place in places.get(key, ())}):
        yield grants[place]


@remembered
def _places_of_grants(evidence: Evidence) -> Mapping[str, Sequence[int]]:
    places: dict[str, list[int]] = defaultdict(list)
    for place, grant in enumerate(evidence.oauth_grants.seen(())):
        for key in keys_of_app((grant.app_id, grant.client_id), grant.app_display_name):
            places[key].append(place)
    return places


@remembered
def _added(evidence: Evidence) -> tuple[frozenset[str], frozenset[str]]:
    """Give the ids and the names of the applications that came into the tenant, as records tell."""
    added = [one for one in changing(evidence) if one.operation.casefold() == "add service principal"]
    names = frozenset(one.details.get("TargetName", "") for one in added)
    return frozenset(one.object_id for one in added), names - {""}


def is_odd(name: str, evidence: Evidence) -> bool:
    """Say whether an application's name is no name: signs only, a test, or the user's own name or address."""
    plain = name.strip()
    if not plain or not any(letter.isalnum() for letter in plain):
        return True
    if "@" in plain or plain.casefold() == evidence.subject.display_name.casefold():
        return True
    return _TEST_NAME.fullmatch(plain) is not None


def _grant(grant: OAuthGrant, evidence: Evidence) -> Iterator[Finding]:
    if grant.app_owner_organization_id in MICROSOFT_OWNERS:
        return
    name = one_line(grant.app_display_name or grant.client_id)
    risky = [scope for scope in grant.scopes if RISKY_SCOPES.match(scope)]
    made = grant.app_created_date_time
    recent = made is not None and made in evidence.window
    known = _BY_ID.get(grant.app_id.casefold())
    odd = grant.app_display_name and is_odd(grant.app_display_name, evidence)
    odd = odd or any(_LOCAL_REPLY.match(url) for url in grant.reply_urls)
    if known is not None:
        sign = known.sign
    elif odd:
        sign = ODD
    elif risky and recent and not grant.verified_publisher:
        sign = TAKES_MAIL if any(MAIL_SCOPES.match(scope) for scope in grant.scopes) else RISKY
    elif risky:
        sign = STANDING
    else:
        return
    publisher = grant.verified_publisher or "an unverified publisher"
    says = sentence(thing(name), f", by {publisher}, has {listed(grant.scopes, 8) or 'nothing'}")
    yield Finding(
        "oauth_apps",
        sign,
        whole(says),
        at=made if recent else None,
        after=name,
        records=(grant.id,),
        pieces=says,
    )
