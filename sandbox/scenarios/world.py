"""Builds a tenant's state act by act: one act leaves its traces in every source that would have them.

A sign-in stands in the sign-in log and in the audit log; a message sent stands in the message trace, in the
audit log and, unless someone removed it, in a folder; a change to a user stands in both audit logs and on
the user.

Longer than other files because it is a list: one method for each act.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from graph import contract
from sandbox.scenarios import people
from sandbox.scenarios.organization import Organization
from sandbox.scenarios.people import Application, Person, Place, Program
from sandbox.scenarios.state import (
    INITIAL_DOMAIN,
    InboxRule,
    Json,
    TenantState,
    audit_time,
    graph_time,
    ident,
)

_RECORD_TYPES = {"ExchangeItem": 2, "ExchangeItemGroup": 3, "ExchangeItemAggregated": 50}
"""Source: Office 365 Management Activity API schema, AuditLogRecordType."""

_UNLOGGED = frozenset(
    _RECORD_TYPES[name] for name in contract.cmdlets()["Set-MailboxAuditBypassAssociation"].unlogged
)
"""The types of records that are not written of an account whose actions bypass mailbox auditing."""


class World(Organization):
    """A tenant, and the acts that can happen in it."""

    def audit(
        self, when: datetime, operation: str, kind: int, workload: str, user: str, /, **fields: Any
    ) -> Json:
        """One record of the unified audit log, in its native form."""
        person = self.state.user(user)
        record: Json = {
            "CreationTime": audit_time(when),
            "Id": self.next_guid("audit"),
            "Operation": operation,
            "OrganizationId": self.state.tenant_id,
            "RecordType": kind,
            "ResultStatus": "Succeeded",
            "UserKey": "1003200" + str(person["id"])[:9].replace("-", "").upper() if person else user,
            "UserType": 0,
            "Version": 1,
            "Workload": workload,
            "UserId": user,
            **fields,
        }
        if not self._is_unlogged(record):
            self.state.audit_records.append(record)
        return record

    def _is_unlogged(self, record: Json) -> bool:
        """Whether mailbox auditing leaves a record out, because it is bypassed for whoever acted."""
        person = self.state.user(str(record["UserId"])) if record["RecordType"] in _UNLOGGED else None
        box = self.state.mailboxes.get(str(person["userPrincipalName"])) if person else None
        since = box.audit_bypassed_at if box else None
        return since is not None and record["CreationTime"] >= audit_time(since)

    def directory_audit(
        self,
        when: datetime,
        activity: str,
        actor: Person | str,
        targets: Sequence[Json],
        *,
        category: str = "UserManagement",
        ip: str = "",
        agent: str = "",
        service: str = "Core Directory",
        operation: str = "Update",
    ) -> Json:
        """One record of the directory audit log. A person acts as a user, a name as an application."""
        if isinstance(actor, Person):
            user = {"id": actor.id, "displayName": None, "userPrincipalName": actor.upn, "ipAddress": ip}
            initiated: Json = {"app": None, "user": user}
        else:
            app = {
                "appId": None,
                "displayName": actor,
                "servicePrincipalId": None,
                "servicePrincipalName": None,
            }
            initiated = {"app": app, "user": None}
        record: Json = {
            "id": f"Directory_{self.next_guid('directory-audit')}",
            "activityDateTime": graph_time(when),
            "activityDisplayName": activity,
            "category": category,
            "operationType": operation,
            "result": "success",
            "resultReason": "",
            "loggedByService": service,
            "correlationId": self.next_guid("correlation"),
            "initiatedBy": initiated,
            "targetResources": list(targets),
            "additionalDetails": [{"key": "User-Agent", "value": agent}] if agent else [],
        }
        self.state.directory_audits.append(record)
        return record

    def sign_in(
        self,
        when: datetime,
        person: Person,
        place: Place,
        program: Program,
        *,
        error: int = 0,
        app: Application = people.EXCHANGE,
        interactive: bool = True,
        session: str = "",
        risk: str = "none",
        mfa: bool = False,
        log: bool = True,
    ) -> Json:
        """Someone signs in, or fails to."""
        sign_in_id = self.next_guid("sign-in")
        session = session or ident("session", person.upn, when.date(), place.ip)
        known = bool(program.device)
        item: Json = {
            "id": sign_in_id,
            "createdDateTime": graph_time(when),
            "userId": person.id,
            "userPrincipalName": person.upn,
            "userDisplayName": person.name,
            "userType": "member",
            "appId": app.app_id,
            "appDisplayName": app.name,
            "resourceId": people.EXCHANGE.app_id,
            "resourceDisplayName": people.EXCHANGE.name,
            "ipAddress": place.ip,
            "clientAppUsed": program.client_app,
            "userAgent": program.user_agent,
            "correlationId": ident("correlation", sign_in_id),
            "conditionalAccessStatus": "notApplied",
            "appliedConditionalAccessPolicies": [],
            "isInteractive": interactive,
            "signInEventTypes": ["interactiveUser" if interactive else "nonInteractiveUser"],
            "sessionId": session,
            "uniqueTokenIdentifier": sign_in_id.replace("-", "")[:22],
            "authenticationProtocol": "none",
            "originalTransferMethod": "none",
            "incomingTokenType": "none" if interactive else "primaryRefreshToken",
            "authenticationRequirement": "multiFactorAuthentication" if mfa else "singleFactorAuthentication",
            "authenticationDetails": _steps(when, error, mfa),
            "mfaDetail": {"authMethod": "Mobile app notification", "authDetail": ""} if mfa else None,
            "autonomousSystemNumber": place.network,
            "signInIdentifier": person.upn,
            "ipAddressFromResourceProvider": None,
            "crossTenantAccessType": "none",
            "tokenIssuerType": "AzureAD",
            "homeTenantId": self.state.tenant_id,
            "resourceTenantId": self.state.tenant_id,
            "servicePrincipalId": "",
            "servicePrincipalName": None,
            "authenticationAppDeviceDetails": None,
            "riskDetail": "none",
            "riskLevelAggregated": risk,
            "riskLevelDuringSignIn": risk,
            "riskState": "none" if risk == "none" else "atRisk",
            "riskEventTypes_v2": [] if risk == "none" else ["unfamiliarFeatures"],
            "status": {
                "errorCode": error,
                "failureReason": people.ERRORS[error],
                "additionalDetails": "MFA completed in Azure AD" if mfa else None,
            },
            "deviceDetail": {
                "deviceId": program.device_id,
                "displayName": program.device,
                "operatingSystem": program.system,
                "browser": program.browser,
                "isCompliant": program.compliant,
                "isManaged": program.compliant,
                "trustType": "Azure AD joined" if known else "",
            },
            "location": {
                "city": place.city,
                "state": place.state,
                "countryOrRegion": place.country,
                "geoCoordinates": {
                    "altitude": None,
                    "latitude": place.latitude,
                    "longitude": place.longitude,
                },
            },
        }
        self.state.sign_ins.append(item)
        if log:
            self._logon_record(when, person, place, program, item)
        return item

    def _logon_record(
        self, when: datetime, person: Person, place: Place, program: Program, item: Json
    ) -> None:
        error = item["status"]["errorCode"]
        failed = error not in {0, 50140}
        properties = [
            {"Name": "OS", "Value": program.system or "Unknown"},
            {"Name": "BrowserType", "Value": program.browser.partition(" ")[0] or "Other"},
            {"Name": "IsCompliantAndManaged", "Value": str(program.compliant)},
            {"Name": "SessionId", "Value": item["sessionId"]},
        ]
        record = self.audit(
            when,
            "UserLoginFailed" if failed else "UserLoggedIn",
            15,
            "AzureActiveDirectory",
            person.upn,
            # The real log calls about half of the failures a success; only the number can be trusted.
            ResultStatus="Success" if not failed or self.state.acts % 2 else "Failed",
            ClientIP=place.ip,
            ActorIpAddress=place.ip,
            ObjectId=people.EXCHANGE.app_id,
            ApplicationId=item["appId"],
            AzureActiveDirectoryEventType=1,
            Actor=[{"ID": person.id, "Type": 0}, {"ID": person.upn, "Type": 5}],
            ActorContextId=self.state.tenant_id,
            Target=[{"ID": people.EXCHANGE.app_id, "Type": 0}],
            TargetContextId=self.state.tenant_id,
            InterSystemsId=item["correlationId"],
            IntraSystemId=item["id"],
            SupportTicketId="",
            ModifiedProperties=[],
            DeviceProperties=properties,
            ExtendedProperties=[
                {"Name": "ResultStatusDetail", "Value": "Success" if not failed else "UserError"},
                {"Name": "UserAgent", "Value": program.user_agent},
                {
                    "Name": "RequestType",
                    "Value": "OAuth2:Authorize" if item["isInteractive"] else "OAuth2:Token",
                },
            ],
            ErrorNumber=str(error),
        )
        if failed:
            named = {50126: "InvalidUserNameOrPassword", 50057: "UserDisabled"}
            record["LogonError"] = named.get(error, "IdsLocked")

    def message(  # noqa: PLR0917  an act reads as when, who, what
        self,
        when: datetime,
        owner: Person,
        folder: str,
        sender: tuple[str, str],
        to: Iterable[str],
        subject: str,
        text: str,
        message_id: str = "",
        *,
        read: bool = True,
    ) -> Json:
        """Put a message into a folder, without any other trace."""
        box = self.box(owner)
        key = self.next_guid("message")
        who = {"emailAddress": {"name": sender[0], "address": sender[1]}}
        item: Json = {
            "id": "AAMkAD" + key.replace("-", ""),
            "internetMessageId": message_id or f"<{key}@{sender[1].partition('@')[2]}>",
            "subject": subject,
            "from": who,
            "sender": who,
            "toRecipients": [
                {"emailAddress": {"name": name_of(address), "address": address}} for address in to
            ],
            "ccRecipients": [],
            "bccRecipients": [],
            "receivedDateTime": graph_time(when),
            "sentDateTime": graph_time(when),
            "createdDateTime": graph_time(when),
            "lastModifiedDateTime": graph_time(when),
            "hasAttachments": False,
            "parentFolderId": box.folder_id(folder),
            "conversationId": ident("conversation", subject),
            "isRead": read,
            "isDraft": False,
            "importance": "normal",
            "bodyPreview": text[:255],
            "body": {"contentType": "text", "content": text},
        }
        box.messages.append(item)
        return item

    def trace(  # noqa: PLR0917  an act reads as when, who, what
        self,
        when: datetime,
        sender: str,
        to: str,
        subject: str,
        message_id: str,
        ip: str,
        status: str = "delivered",
    ) -> None:
        """One row of the message trace."""
        self.state.message_traces.append(
            {
                "id": self.next_guid("trace"),
                "senderAddress": sender,
                "recipientAddress": to,
                "messageId": message_id,
                "receivedDateTime": graph_time(when),
                "subject": subject,
                "size": 9_000 + len(subject) * 37,
                "fromIP": ip,
                "toIP": "198.51.100.200",
                "status": status,
            }
        )

    def send(  # noqa: PLR0917  an act reads as when, who, what
        self,
        when: datetime,
        person: Person,
        place: Place,
        to: Sequence[str],
        subject: str,
        text: str,
        *,
        keep: str | None = "sentitems",
        session: str = "",
        client: str = "Client=OWA;Action=ViaProxy",
        status: str = "delivered",
    ) -> str:
        """Send a message and keep it in a folder or nowhere; gives its internet message id."""
        message_id = f"<{self.next_guid('sent')}@{people.DOMAIN}>"
        for address in to:
            self.trace(when, person.upn, address, subject, message_id, place.ip, status)
        self.audit(
            when,
            "Send",
            2,
            "Exchange",
            person.upn,
            **self.mailbox_fields(person, place.ip, session, client),
            Item={
                "Id": "RgAAAA" + message_id[1:13],
                "InternetMessageId": message_id,
                "Subject": subject,
                "SizeInBytes": 9_000 + len(subject) * 37,
                "ParentFolder": {
                    "Id": ident("folder", person.upn, "Sent Items"),
                    "Name": "Sent Items",
                    "Path": "\\Sent Items",
                },
            },
        )
        if keep is not None:
            self.message(when, person, keep, (person.name, person.upn), to, subject, text, message_id)
        return message_id

    def receive(
        self,
        when: datetime,
        person: Person,
        sender: tuple[str, str],
        subject: str,
        text: str,
        *,
        folder: str = "inbox",
        read: bool = True,
    ) -> Json:
        """A message comes in."""
        item = self.message(when, person, folder, sender, [person.upn], subject, text, read=read)
        self.trace(when, sender[1], person.upn, subject, item["internetMessageId"], "198.51.100.222")
        return item

    def mailbox_fields(self, person: Person, ip: str, session: str, client: str) -> Json:
        """What every record of mailbox auditing has in common."""
        fields: Json = {
            "ClientIPAddress": ip,
            "ClientInfoString": client,
            "LogonType": 0,
            "InternalLogonType": 0,
            "ExternalAccess": False,
            "MailboxGuid": ident("mailbox", person.upn),
            "MailboxOwnerUPN": person.upn,
            "MailboxOwnerSid": "S-1-5-21-" + str(int(person.id[:8], 16)),
            "LogonUserSid": "S-1-5-21-" + str(int(person.id[:8], 16)),
            "OrganizationName": INITIAL_DOMAIN,
            "OriginatingServer": "MW4PR01MB0001 (15.20.9000.012)\r\n",
        }
        if session:
            fields["SessionId"] = session
            fields["AppAccessContext"] = {
                "AADSessionId": session,
                "UniqueTokenId": session.replace("-", "")[:22],
            }
        return fields

    def mail_access(  # noqa: PLR0917  an act reads as when, who, what
        self,
        when: datetime,
        person: Person,
        ip: str,
        session: str,
        client: str,
        messages: Sequence[tuple[str, int]],
        *,
        kind: str = "Bind",
        throttled: bool = False,
    ) -> None:
        """Messages of the Inbox that are opened, each with its size, or with ``Sync`` the whole folder."""
        self.audit(
            when,
            "MailItemsAccessed",
            50,
            "Exchange",
            person.upn,
            **self.mailbox_fields(person, ip, session, client),
            OperationProperties=[
                {"Name": "MailAccessType", "Value": kind},
                {"Name": "IsThrottled", "Value": str(throttled)},
            ],
            OperationCount=max(1, len(messages)),
            Folders=[
                {
                    "Id": ident("folder", person.upn, "Inbox"),
                    "Path": "\\Inbox",
                    "FolderItems": [
                        {"InternetMessageId": message, "SizeInBytes": size} for message, size in messages
                    ],
                }
            ],
        )

    def admin_cmdlet(  # noqa: PLR0917  an act reads as when, who, what
        self,
        when: datetime,
        name: str,
        actor: str,
        target: str,
        parameters: Json,
        ip: str,
        *,
        session: str = "",
        user_type: int = 2,
    ) -> Json:
        """An Exchange cmdlet that changed something; ``ip`` is written as given, with its port or without."""
        extra: Json = {"SessionId": session} if session else {}
        return self.audit(
            when,
            name,
            1,
            "Exchange",
            actor,
            ResultStatus="True",
            UserType=user_type,
            ClientIP=ip,
            ObjectId=target,
            AppId=people.EXCHANGE.app_id,
            ClientAppId="",
            ExternalAccess=False,
            OrganizationName=INITIAL_DOMAIN,
            OriginatingServer="MW4PR01MB0001 (15.20.9000.012)\r\n",
            Parameters=[{"Name": key, "Value": str(value)} for key, value in parameters.items()],
            **extra,
        )

    def object_path(self, person: Person, leaf: str = "") -> str:
        """The long form in which Exchange names a mailbox or something in it."""
        host = "NAMPR01A001.PROD.OUTLOOK.COM/Microsoft Exchange Hosted Organizations"
        return f"{host}/{INITIAL_DOMAIN}/{person.id}" + (f"\\{leaf}" if leaf else "")

    def entra(  # noqa: PLR0917  an act reads as when, who, what
        self,
        when: datetime,
        operation: str,
        actor: Person | str,
        target: str,
        changes: Sequence[tuple[str, str, str]],
        ip: str = "",
        *,
        agent: str = "",
        targets: Sequence[Json] = (),
    ) -> Json:
        """A directory change as the unified audit log has it: the operation ends in a period."""
        user = actor.upn if isinstance(actor, Person) else actor
        details = json.dumps({"User-Agent": agent} if agent else {})
        names = json.dumps([name for name, _, _ in changes])
        return self.audit(
            when,
            operation,
            8,
            "AzureActiveDirectory",
            user,
            ResultStatus="Success",
            UserType=0 if isinstance(actor, Person) else 4,
            ObjectId=target,
            AzureActiveDirectoryEventType=1,
            **({"ClientIP": ip, "ActorIpAddress": ip} if ip else {}),
            ActorContextId=self.state.tenant_id,
            Actor=[{"ID": user, "Type": 5}],
            Target=list(targets) or [{"ID": target, "Type": 5}],
            TargetContextId=self.state.tenant_id,
            InterSystemsId=self.next_guid("inter"),
            IntraSystemId=self.next_guid("intra"),
            SupportTicketId="",
            ExtendedProperties=[
                {"Name": "additionalDetails", "Value": details},
                {"Name": "extendedAuditEventCategory", "Value": "User"},
            ],
            ModifiedProperties=[
                *({"Name": name, "NewValue": new, "OldValue": old} for name, old, new in changes),
                {"Name": "Included Updated Properties", "NewValue": names, "OldValue": ""},
            ],
        )

    def update_user(  # noqa: PLR0917  an act reads as when, who, what
        self, when: datetime, actor: Person, person: Person, changes: Json, ip: str, agent: str = ""
    ) -> None:
        """Change properties of a user: on the user, in the directory audit, in the audit log."""
        user = self.user(person)
        names = {name: name[0].upper() + name[1:] for name in changes}
        pairs = [
            (names[name], json.dumps(as_list(user[name])), json.dumps(as_list(value)))
            for name, value in changes.items()
        ]
        modified: list[Json] = [
            {"displayName": name, "oldValue": old, "newValue": new} for name, old, new in pairs
        ]
        updated = json.dumps(", ".join(names.values()))
        modified.append({"displayName": "Included Updated Properties", "oldValue": None, "newValue": updated})
        self.directory_audit(when, "Update user", actor, [target(person, modified)], ip=ip, agent=agent)
        self.entra(when + timedelta(seconds=1), "Update user.", actor, person.upn, pairs, ip, agent=agent)
        user.update(changes)

    def credential_event(  # noqa: PLR0917  an act reads as when, who, what
        self, when: datetime, activity: str, operation: str | None, actor: Person, person: Person, ip: str
    ) -> None:
        """A password or security-info event in both logs; a password event moves the user's dates."""
        service = "Authentication Methods" if "security info" in activity else "Core Directory"
        if "self-service" in activity:
            service = "Self-service Password Management"
        self.directory_audit(when, activity, actor, [target(person, [])], ip=ip, service=service)
        if operation is not None:
            self.entra(when + timedelta(seconds=2), operation, actor, person.upn, [], ip)
        if "password" in activity.lower():
            self.user(person)["lastPasswordChangeDateTime"] = graph_time(when)
            self.state.authentication_methods[person.id][0]["createdDateTime"] = graph_time(when)

    def inbox_rule(  # noqa: PLR0917  an act reads as when, who, what
        self,
        when: datetime,
        person: Person,
        name: str,
        conditions: Json,
        actions: Json,
        parameters: Json,
        ip: str,
        *,
        session: str = "",
        hidden: bool = False,
        log: bool = True,
    ) -> InboxRule:
        """A new inbox rule, with its New-InboxRule record unless it came another way."""
        box = self.box(person)
        rule = self._rule(
            person, name, len(box.rules) + 1, hidden=hidden, conditions=conditions, actions=actions
        )
        box.rules.append(rule)
        if log:
            full = {"Name": name, **parameters, "AlwaysDeleteOutlookRulesBlob": False, "Force": False}
            path = self.object_path(person, name)
            self.admin_cmdlet(when, "New-InboxRule", person.upn, path, full, ip, session=session)
        return rule

    def finish(self) -> TenantState:
        """The finished state, records in the order of time, nothing later than the present."""
        state = self.state
        present = audit_time(self.now)
        state.audit_records = [
            item
            for item in state.audit_records
            if item["CreationTime"] <= present and not self._is_unlogged(item)
        ]
        state.audit_records.sort(key=lambda item: str(item["CreationTime"]))
        return state


def _steps(when: datetime, error: int, mfa: bool) -> list[Json]:
    first = {
        "authenticationStepDateTime": graph_time(when),
        "authenticationMethod": "Password",
        "authenticationMethodDetail": "Password in the cloud",
        "succeeded": error in {0, 50140, 50074},
        "authenticationStepResultDetail": "Correct password" if error != 50126 else "Incorrect password",
        "authenticationStepRequirement": "Primary authentication",
    }
    second = {
        **first,
        "authenticationMethod": "Mobile app notification",
        "authenticationMethodDetail": "iPhone 15",
    }
    return [first, second] if mfa else [first]


def target(person: Person, modified: Sequence[Json]) -> Json:
    """A person as the target of a directory audit record."""
    return {
        "id": person.id,
        "displayName": None,
        "type": "User",
        "userPrincipalName": person.upn,
        "groupType": None,
        "modifiedProperties": list(modified),
    }


def as_list(value: object) -> list[object]:
    """The directory writes single values as lists of one."""
    return list(value) if isinstance(value, list) else [value]


def name_of(address: str) -> str:
    """A display name made from an address."""
    return address.partition("@")[0].replace(".", " ").title()
