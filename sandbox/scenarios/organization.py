"""The company before anything happens: its tenant, its people with mailboxes and devices, its applications.

Longer than other files because it is a list: everything that Microsoft's services show of an ordinary tenant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from graph import contract
from sandbox.scenarios import people
from sandbox.scenarios.people import EVERYBODY, ROLES, Person
from sandbox.scenarios.state import (
    INITIAL_DOMAIN,
    MICROSOFT_TENANT,
    WELL_KNOWN_FOLDERS,
    InboxRule,
    Json,
    Mailbox,
    TenantState,
    audit_time,
    graph_time,
    ident,
    words,
)

SKU = "c7df2760-2c81-4ef7-b578-5b5392b571df"
PREDICATES = "Microsoft.Exchange.MessagingPolicies.Rules.Tasks"
_SERVICE_PLANS = ("EXCHANGE_S_ENTERPRISE", "AAD_PREMIUM", "AAD_PREMIUM_P2", "TEAMS1", "SHAREPOINTENTERPRISE")
_USER_FIELDS = words(
    "otherMails proxyAddresses onPremisesSyncEnabled onPremisesLastSyncDateTime onPremisesImmutableId "
    "onPremisesDomainName onPremisesSamAccountName signInSessionsValidFromDateTime faxNumber streetAddress "
    "state companyName passwordPolicies preferredLanguage employeeId externalUserState mailNickname "
    "passwordProfile"
)


class Organization:
    """A state under construction, with what is there before anything happens; the same in every run."""

    def __init__(self, scenario: str, now: datetime, state: TenantState | None = None) -> None:
        self.now = now.replace(microsecond=0)
        self.random = Random(f"contoso/{scenario}")
        self.state = state or TenantState(scenario, self.now)
        if state is None:
            self._populate()

    def _populate(self) -> None:
        self.state.licenses |= {"AAD_PREMIUM", "AAD_PREMIUM_P2"}
        self._organization()
        for person in EVERYBODY:
            self.person(person)
        for person in (people.ADELE, *people.COLLEAGUES):
            if person is not people.LIDIA:
                self.state.managers[person.id] = people.LIDIA.id
        self._expenses_app()

    def _organization(self) -> None:
        state = self.state
        state.domains = [
            _domain(people.DOMAIN, default=True),
            _domain(INITIAL_DOMAIN, initial=True),
            _domain(people.FEDERATED_DOMAIN, federated=True),
            {**_domain("adventure.example"), "isVerified": False},
        ]
        state.federations[people.FEDERATED_DOMAIN] = [
            {
                "id": ident("federation", people.FEDERATED_DOMAIN),
                "displayName": "Fabrikam sign-in",
                "issuerUri": "http://sts.fabrikam.example/adfs/services/trust",
                "passiveSignInUri": "https://sts.fabrikam.example/adfs/ls",
                "preferredAuthenticationProtocol": "wsFed",
                "federatedIdpMfaBehavior": "acceptIfMfaDoneByFederatedIdp",
                "isSignedAuthenticationRequestRequired": False,
                "signingCertificate": "MIIC-invented",
                "nextSigningCertificate": None,
            }
        ]
        plans = [
            {
                "servicePlanId": ident("plan", name),
                "servicePlanName": name,
                "provisioningStatus": "Success",
                "appliesTo": "User",
            }
            for name in _SERVICE_PLANS
        ]
        state.skus = [
            {
                "id": f"{state.tenant_id}_{SKU}",
                "skuId": SKU,
                "skuPartNumber": "ENTERPRISEPREMIUM",
                "capabilityStatus": "Enabled",
                "appliesTo": "User",
                "consumedUnits": 11,
                "prepaidUnits": {"enabled": 25, "suspended": 0, "warning": 0, "lockedOut": 0},
                "servicePlans": plans,
            }
        ]
        state.organization = {
            "id": state.tenant_id,
            "displayName": "Contoso",
            "countryLetterCode": "US",
            "onPremisesSyncEnabled": True,
            "verifiedDomains": [
                {
                    "name": item["id"],
                    "isDefault": item["isDefault"],
                    "isInitial": item["isInitial"],
                    "type": item["authenticationType"],
                }
                for item in state.domains
                if item["isVerified"]
            ],
            "assignedPlans": [],
        }
        state.named_locations = [
            {
                "@odata.type": "#microsoft.graph.ipNamedLocation",
                "id": ident("location", "office"),
                "displayName": "Seattle office",
                "isTrusted": True,
                "ipRanges": [
                    {"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "198.51.100.8/29"},
                ],
                "createdDateTime": graph_time(self.now - timedelta(days=700)),
                "modifiedDateTime": graph_time(self.now - timedelta(days=700)),
            }
        ]
        state.role_definitions = {
            role_id: {
                "id": role_id,
                "displayName": name,
                "description": f"The directory role {name}",
                "isBuiltIn": True,
                "isEnabled": True,
                "templateId": role_id,
            }
            for name, role_id in ROLES.items()
        }
        self.assign_role(people.NESTOR, "Global Administrator")
        self.assign_role(people.ALEX, "Security Administrator")
        state.organization_config = {
            "Identity": INITIAL_DOMAIN,
            "Name": INITIAL_DOMAIN,
            "DisplayName": "Contoso",
            "AuditDisabled": False,
            "PostponeRoamingSignaturesUntilLater": True,
            "OAuth2ClientProfileEnabled": True,
            "MailTipsExternalRecipientsTipsEnabled": True,
        }
        state.admin_audit_log_config = {
            "Identity": "Admin Audit Log Settings",
            "Name": "Admin Audit Log Settings",
            "UnifiedAuditLogIngestionEnabled": True,
            "AdminAuditLogEnabled": True,
            "AdminAuditLogAgeLimit": "90.00:00:00",
        }
        state.outbound_spam_policies = [
            {
                "Identity": "Default",
                "Name": "Default",
                "AutoForwardingMode": "On",
                "RecipientLimitExternalPerHour": 500,
                "RecipientLimitPerDay": 1000,
                "ActionWhenThresholdReached": "BlockUser",
                "NotifyOutboundSpamRecipients": [],
                "IsDefault": True,
            }
        ]
        state.remote_domains = [
            {
                "Identity": "Default",
                "Name": "Default",
                "DomainName": "*",
                "AutoForwardEnabled": True,
                "AutoReplyEnabled": True,
            }
        ]
        state.exchange_role_groups = [
            _role_group("Organization Management", ["Mail Recipients", "Transport Rules", "Role Management"]),
            _role_group("Recipient Management", ["Mail Recipients", "Message Tracking"]),
            _role_group(
                "View-Only Organization Management", ["View-Only Recipients", "View-Only Configuration"]
            ),
        ]
        state.exchange_role_groups[0]["Members"].append(member(people.NESTOR))
        state.purview_role_groups = [
            _role_group("eDiscovery Manager", ["Case Management", "Compliance Search", "Export"]),
            _role_group("Compliance Administrator", ["Compliance Administrator", "Audit Logs"]),
        ]
        state.purview_role_groups[1]["Members"].append(member(people.ALEX))
        state.transport_rules = [
            {
                "Identity": "External mail notice",
                "Name": "External mail notice",
                "Guid": ident("transport-rule", "notice"),
                "State": "Enabled",
                "Mode": "Enforce",
                "Priority": 0,
                "WhenChanged": graph_time(self.now - timedelta(days=320)),
                "Description": "Mail from outside gets a line that says so",
                "Conditions": [f"{PREDICATES}.FromScopePredicate"],
                "From": None,
                "FromScope": "NotInOrganization",
                "SentTo": None,
                "ApplyHtmlDisclaimerText": "This message comes from outside.",
                "BlindCopyTo": None,
                "CopyTo": None,
                "AddToRecipients": None,
                "RedirectMessageTo": None,
                "DeleteMessage": False,
                "SetSCL": None,
                "SetHeaderName": None,
            }
        ]
        created = self.now - timedelta(days=400)
        for resource in (people.EXCHANGE, people.GRAPH):
            principal = self.service_principal(
                resource.app_id, resource.name, created, owner=MICROSOFT_TENANT
            )
            exchange = {"Exchange.ManageAsApp": "dc50a0fb-09a3-484d-be87-e023b12c6440"}
            graph = {row.name: row.id for row in contract.permissions().values()}
            principal["appRoles"] = _app_roles(exchange if resource is people.EXCHANGE else graph)
        principal = self.service_principal(state.client_id, state.app_name, created, owner=state.tenant_id)
        del state.service_principals[principal["id"]]
        state.service_principals[state.app_object_id] = {**principal, "id": state.app_object_id}

    def person(self, person: Person) -> None:
        """An account, with a mailbox, a laptop and second factors where its kind has them."""
        given, _, surname = person.name.partition(" ")
        synced = person.kind == "synced"
        mailbox = person.kind in {"member", "synced", "federated"}
        guest = person.kind == "guest"
        number = person.office_number
        mail = "jordan@partner.example" if guest else person.upn
        user: Json = {
            **dict.fromkeys(_USER_FIELDS),
            "assignedPlans": [],
            "licenseAssignmentStates": [],
            "id": person.id,
            "displayName": person.name,
            "givenName": given,
            "surname": surname,
            "userPrincipalName": person.upn,
            "mail": mail if mailbox or guest else None,
            "mailNickname": person.alias,
            "proxyAddresses": [f"SMTP:{mail}", f"smtp:{person.alias}@{INITIAL_DOMAIN}"] if mailbox else [],
            "otherMails": ["jordan@partner.example"] if guest else [],
            "accountEnabled": True,
            "userType": "Guest" if guest else "Member",
            "creationType": "Invitation" if guest else None,
            "createdDateTime": graph_time(self.now - timedelta(days=900 - 11 * number)),
            "lastPasswordChangeDateTime": graph_time(self.now - timedelta(days=150 + 3 * number)),
            "signInSessionsValidFromDateTime": graph_time(self.now - timedelta(days=150 + 3 * number)),
            "mobilePhone": None if guest else f"+1 206 555 01{number:02d}",
            "businessPhones": [] if guest else [f"+1 425 555 01{number:02d}"],
            "streetAddress": "1 Pike Street",
            "city": "Seattle",
            "state": "WA",
            "postalCode": "98101",
            "country": "United States",
            "jobTitle": person.title or None,
            "department": person.department or None,
            "companyName": "Contoso",
            "officeLocation": f"2/{100 + number}",
            "usageLocation": "US",
            "preferredLanguage": "en-US",
            "assignedLicenses": [{"skuId": SKU, "disabledPlans": []}] if mailbox else [],
            "onPremisesSyncEnabled": True if synced else None,
            "onPremisesLastSyncDateTime": graph_time(self.now - timedelta(minutes=25)) if synced else None,
            "onPremisesImmutableId": "b24tcHJlbQ==" if synced else None,
            "onPremisesDomainName": "corp.contoso.example" if synced else None,
        }
        self.state.users[person.id] = user
        password = {
            "@odata.type": "#microsoft.graph.passwordAuthenticationMethod",
            "id": "28c10230-6103-485e-b985-444c60001490",
            "password": None,
            "createdDateTime": user["lastPasswordChangeDateTime"],
        }
        methods = [password]
        if mailbox:
            methods += [
                {
                    "@odata.type": "#microsoft.graph.phoneAuthenticationMethod",
                    "id": "3179e48a-750b-4051-897c-87b9720928f7",
                    "phoneNumber": f"+1 20655501{number:02d}",
                    "phoneType": "mobile",
                    "smsSignInState": "notAllowedByPolicy",
                    "createdDateTime": graph_time(self.now - timedelta(days=600)),
                },
                {
                    "@odata.type": "#microsoft.graph.microsoftAuthenticatorAuthenticationMethod",
                    "id": ident("authenticator", person.upn),
                    "displayName": "iPhone 15",
                    "deviceTag": "SoftwareTokenActivated",
                    "phoneAppVersion": "6.8.30",
                    "createdDateTime": graph_time(self.now - timedelta(days=420)),
                },
            ]
            self._mailbox(person)
            self._laptop(person)
            self._phone(person)
        self.state.authentication_methods[person.id] = methods
        self.state.sign_in_preferences[person.id] = "push"
        self.state.registration_details[person.id] = {
            "id": person.id,
            "userPrincipalName": person.upn,
            "userDisplayName": person.name,
            "userType": "guest" if guest else "member",
            "isAdmin": person in {people.NESTOR, people.ALEX},
            "isMfaRegistered": mailbox,
            "isMfaCapable": mailbox,
            "isPasswordlessCapable": False,
            "isSsprCapable": mailbox,
            "isSsprEnabled": True,
            "isSsprRegistered": mailbox,
            "isSystemPreferredAuthenticationMethodEnabled": True,
            "methodsRegistered": ["microsoftAuthenticatorPush", "mobilePhone"] if mailbox else [],
            "systemPreferredAuthenticationMethods": ["push"] if mailbox else [],
            "userPreferredMethodForSecondaryAuthentication": "push",
        }

    def _laptop(self, person: Person) -> None:
        program = people.laptop(person)
        self.device(
            person, program.device, "Windows", "10.0.26100", self.now - timedelta(days=410), compliant=True
        )

    def _phone(self, person: Person) -> None:
        """The mail program on the person's own phone, in use for most of a year."""
        device = ident("telephone", person.upn)[:8].upper()
        identity = f"{person.alias}\\ExchangeActiveSyncDevices\\Outlook\u00a7{device}"
        first = graph_time(self.now - timedelta(days=310))
        self.box(person).mobile_devices.append(
            {
                "Identity": identity,
                "Guid": ident("mobile", device),
                "DeviceId": device,
                "DeviceType": "Outlook",
                "DeviceModel": "Outlook for iOS and Android",
                "DeviceOS": "iOS 19.1",
                "DeviceUserAgent": people.OUTLOOK_PHONE,
                "FriendlyName": "iPhone 15",
                "ClientType": "Outlook",
                "FirstSyncTime": first,
                "DeviceAccessState": "Allowed",
                "DeviceAccessStateReason": "Global",
                "UserDisplayName": person.name,
                "WhenChanged": first,
            }
        )
        synced = graph_time(self.now - timedelta(hours=3))
        self.box(person).mobile_statistics.append(
            {
                "Identity": identity,
                "DeviceId": device,
                "LastSuccessSync": synced,
                "LastSyncAttemptTime": synced,
                "DeviceWipeSentTime": None,
                "Status": "DeviceOk",
            }
        )

    def _expenses_app(self) -> None:
        """An application of the company's own that everyone in the office uses."""
        when = self.now - timedelta(days=260)
        app_id = ident("app", "expenses")
        principal = self.service_principal(app_id, "Contoso Expenses", when, owner=self.state.tenant_id)
        for person in (people.ADELE, *people.COLLEAGUES):
            self.state.oauth_grants.append(
                {
                    "id": ident("grant", app_id, person.upn).replace("-", ""),
                    "clientId": principal["id"],
                    "consentType": "Principal",
                    "principalId": person.id,
                    "resourceId": ident("service-principal", people.GRAPH.app_id),
                    "scope": " User.Read openid profile",
                }
            )
            self.state.app_role_assignments.append(
                {
                    "id": ident("app-role", app_id, person.upn).replace("-", ""),
                    "appRoleId": "00000000-0000-0000-0000-000000000000",
                    "principalId": person.id,
                    "principalType": "User",
                    "principalDisplayName": person.name,
                    "resourceId": principal["id"],
                    "resourceDisplayName": "Contoso Expenses",
                    "createdDateTime": graph_time(when),
                    "deletedDateTime": None,
                }
            )

    def _mailbox(self, person: Person) -> None:
        guid = ident("mailbox", person.upn)
        box = Mailbox(person.upn, guid)
        for name in WELL_KNOWN_FOLDERS.values():
            parent = "root"
            if name == "Deletions":
                parent = ident("folder", person.upn, "Recoverable Items")
                box.folders.append(_folder(person, "Recoverable Items", "root", hidden=True))
            box.folders.append(_folder(person, name, parent, hidden=name in {"Deletions", "Outbox"}))
        for name in ("RSS Subscriptions", "Notes", "Sync Issues"):
            box.folders.append(_folder(person, name, "root", hidden=name == "Sync Issues"))
        box.folders.append(_folder(person, "Newsletters", ident("folder", person.upn, "Inbox"), hidden=False))
        box.properties = {
            "Identity": person.alias,
            "Name": person.alias,
            "Alias": person.alias,
            "DisplayName": person.name,
            "Guid": ident("mailbox-object", person.upn),
            "ExchangeGuid": guid,
            "ExternalDirectoryObjectId": person.id,
            "DistinguishedName": f"CN={person.alias},OU={INITIAL_DOMAIN},DC=PROD,DC=OUTLOOK",
            "UserPrincipalName": person.upn,
            "PrimarySmtpAddress": person.upn,
            "EmailAddresses": [f"SMTP:{person.upn}", f"smtp:{person.alias}@{INITIAL_DOMAIN}"],
            "RecipientTypeDetails": "UserMailbox",
            "ForwardingAddress": None,
            "ForwardingSmtpAddress": None,
            "DeliverToMailboxAndForward": False,
            "GrantSendOnBehalfTo": [],
            "AuditEnabled": True,
            "AuditLogAgeLimit": "90.00:00:00",
            "DefaultAuditSet": ["Admin", "Delegate", "Owner"],
            "HiddenFromAddressListsEnabled": False,
            "LitigationHoldEnabled": False,
            "SingleItemRecoveryEnabled": True,
            "RetainDeletedItemsFor": "14.00:00:00",
            "MessageCopyForSentAsEnabled": False,
            "IsDirSynced": person.kind == "synced",
            "WhenChangedUTC": graph_time(self.now - timedelta(days=60)),
        }
        box.protocols = {
            "ActiveSyncEnabled": True,
            "OWAEnabled": True,
            "OWAforDevicesEnabled": True,
            "PopEnabled": False,
            "ImapEnabled": False,
            "MAPIEnabled": True,
            "EwsEnabled": True,
            "OutlookMobileEnabled": True,
            "UniversalOutlookEnabled": True,
            "OneWinNativeOutlookEnabled": True,
            "MacOutlookEnabled": True,
            "SmtpClientAuthenticationDisabled": None,
            "ActiveSyncAllowedDeviceIDs": [],
            "ActiveSyncBlockedDeviceIDs": [],
        }
        zone = {"dateTime": audit_time(self.now) + ".0000000", "timeZone": "UTC"}
        box.settings = {
            "archiveFolder": ident("folder", person.upn, "Archive"),
            "timeZone": "Pacific Standard Time",
            "dateFormat": "M/d/yyyy",
            "timeFormat": "h:mm tt",
            "delegateMeetingMessageDeliveryOptions": "sendToDelegateOnly",
            "language": {"locale": "en-US", "displayName": "English (United States)"},
            "userPurpose": "user",
            "automaticRepliesSetting": {
                "status": "disabled",
                "externalAudience": "all",
                "internalReplyMessage": "",
                "externalReplyMessage": "",
                "scheduledStartDateTime": dict(zone),
                "scheduledEndDateTime": dict(zone),
            },
        }
        box.junk = {
            "Enabled": True,
            "TrustedListsOnly": False,
            "ContactsTrusted": False,
            "TrustedSendersAndDomains": ["northwind.example"],
            "BlockedSendersAndDomains": ["offers@bargains.example"],
        }
        signature = signature_of(person)
        box.message_configuration = {
            "SignatureHtml": f"<div>{signature.replace(chr(10), '<br>')}</div>",
            "SignatureText": signature,
            "SignatureName": None,
            "DefaultSignature": None,
            "DefaultSignatureOnReply": None,
            "AutoAddSignature": True,
            "AutoAddSignatureOnReply": False,
        }
        box.folder_permissions["\\Calendar"] = [
            {"User": "Lidia Holloway", "AccessRights": ["Reviewer"]},
        ]
        box.rules.append(self._rule(person, "Junk E-mail Rule", 1, hidden=True, read_only=True))
        self.state.mailboxes[person.upn] = box

    def _rule(self, person: Person, name: str, sequence: int, **more: Any) -> InboxRule:
        self.state.acts += 1
        key = ident("rule", person.upn, self.state.acts).replace("-", "")
        return InboxRule("AQAAA" + key[:8].upper() + "=", 10**18 + int(key[:12], 16), name, sequence, **more)

    def client_side_rule(self, person: Person, name: str) -> InboxRule:
        """A rule that Outlook keeps for itself and that no service can change."""
        box = self.box(person)
        rule = self._rule(
            person,
            name,
            len(box.rules) + 1,
            read_only=True,
            client_side=True,
            conditions={"senderContains": ["pager"]},
            actions={"markImportance": "high"},
        )
        box.rules.append(rule)
        return rule

    def next_guid(self, kind: str) -> str:
        """The next id of a kind; the same in every run."""
        self.state.acts += 1
        return ident(self.state.scenario, kind, self.state.acts)

    def user(self, person: Person) -> Json:
        """The person's directory object."""
        return self.state.users[person.id]

    def box(self, person: Person) -> Mailbox:
        """The person's mailbox."""
        return self.state.mailboxes[person.upn]

    def assign_role(self, person: Person, role: str, scope: str = "/") -> None:
        """Give a directory role for good."""
        self.state.role_assignments.append(
            {
                "id": ident("role-assignment", person.upn, role),
                "principalId": person.id,
                "roleDefinitionId": ROLES[role],
                "directoryScopeId": scope,
            }
        )

    def device(
        self, person: Person, name: str, system: str, version: str, when: datetime, *, compliant: bool
    ) -> None:
        """A device joined to the directory."""
        device_id = ident("device", name)
        self.state.devices.append(
            {
                "id": ident("device-object", name),
                "deviceId": device_id,
                "displayName": name,
                "operatingSystem": system,
                "operatingSystemVersion": version,
                "trustType": "AzureAd" if compliant else "Workplace",
                "profileType": "RegisteredDevice",
                "isCompliant": compliant,
                "isManaged": compliant,
                "accountEnabled": True,
                "registrationDateTime": graph_time(when),
                "approximateLastSignInDateTime": graph_time(max(when, self.now - timedelta(hours=5))),
            }
        )
        self.state.device_owners[ident("device-object", name)] = person.id

    def service_principal(
        self,
        app_id: str,
        name: str,
        when: datetime,
        *,
        owner: str,
        replies: Sequence[str] = (),
    ) -> Json:
        """An application as this tenant knows it."""
        principal: Json = {
            "id": ident("service-principal", app_id),
            "appId": app_id,
            "displayName": name,
            "appDisplayName": name,
            "accountEnabled": True,
            "appOwnerOrganizationId": owner,
            "verifiedPublisher": {"displayName": None, "verifiedPublisherId": None, "addedDateTime": None},
            "createdDateTime": graph_time(when),
            "replyUrls": list(replies),
            "servicePrincipalType": "Application",
            "signInAudience": "AzureADMultipleOrgs",
            "homepage": None,
            "tags": ["WindowsAzureActiveDirectoryIntegratedApp"],
        }
        self.state.service_principals[principal["id"]] = principal
        return principal


def add_person(state: TenantState, person: Person) -> None:
    """An account more in a tenant that is there already."""
    Organization(f"{state.scenario}/{person.upn}", state.now, state).person(person)


def _domain(name: str, *, default: bool = False, initial: bool = False, federated: bool = False) -> Json:
    return {
        "id": name,
        "authenticationType": "Federated" if federated else "Managed",
        "isVerified": True,
        "isDefault": default,
        "isInitial": initial,
        "isRoot": True,
        "isAdminManaged": True,
        "supportedServices": ["Email", "OfficeCommunicationsOnline"],
    }


def _app_roles(ids: Mapping[str, str]) -> list[Json]:
    """Application permissions that one of Microsoft's services offers, from their ids by name."""
    return [
        {
            "id": role_id,
            "value": name,
            "displayName": name,
            "description": None,
            "allowedMemberTypes": ["Application"],
            "isEnabled": True,
            "origin": "Application",
        }
        for name, role_id in ids.items()
    ]


def _role_group(name: str, roles: list[str]) -> Json:
    return {
        "Identity": name,
        "Name": name,
        "Guid": ident("role-group", name),
        "Roles": roles,
        "RoleAssignments": [f"{role}-{name}" for role in roles],
        "Members": [],
        "ManagedBy": ["Organization Management"],
        "Description": f"Role group {name}",
    }


def member(person: Person) -> Json:
    """A person as a role group's member."""
    return {
        "Identity": person.alias,
        "Name": person.alias,
        "DisplayName": person.name,
        "PrimarySmtpAddress": person.upn,
        "ExternalDirectoryObjectId": person.id,
        "RecipientType": "UserMailbox",
    }


def _folder(person: Person, name: str, parent: str, *, hidden: bool) -> Json:
    return {
        "id": ident("folder", person.upn, name),
        "displayName": name,
        "parentFolderId": parent,
        "isHidden": hidden,
    }


def signature_of(person: Person) -> str:
    """A person's ordinary signature."""
    return f"{person.name}\n{person.title}, Contoso\n+1 425 555 01{person.office_number:02d}"
