"""One stay in an account: whoever is in it signs in, and does one thing after the other."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from random import Random
from typing import Self

from evaluation.world.clients import Client
from evaluation.world.networks import Spot
from evaluation.world.people import Device, Person, new_id
from evaluation.writing.log import Record, later
from evaluation.writing.scribe import Scribe


class Visit:
    """Somebody at an address, with a client, in an account; every act lets some minutes pass.

    Args:
        scribe: Who writes it down.
        account: Whose account it is.
        spot: From where.
        client: With what.
        device: On what, None for a device unknown to Entra.
        at: When it begins.
        session: The session that goes on, a new one when "".
    """

    def __init__(
        self,
        scribe: Scribe,
        account: Person,
        spot: Spot,
        client: Client,
        device: Device | None,
        at: datetime,
        session: str = "",
    ) -> None:
        self.scribe, self.account, self.spot, self.client, self.device = scribe, account, spot, client, device
        self.at = at
        self.session = session or new_id(scribe.r)
        self.folders = scribe.firm.culture.folders

    @property
    def r(self) -> Random:
        """The source of chance."""
        return self.scribe.r

    def wait(self, low: float, high: float) -> Self:
        """Let some minutes pass."""
        self.at = later(self.at, self.r, low, high)
        return self

    def sign_in(self, **how: object) -> Self:
        """Sign in; `how` as `Scribe.sign_in` takes it."""
        self.scribe.sign_in(self.at, self.account, self.spot, self.client, self.device, self.session, **how)  # type: ignore[arg-type]
        return self.wait(0.3, 4)

    def read(
        self,
        count: int = 5,
        *,
        folder: int = 0,
        sync: bool = False,
        owner: Person | None = None,
        app_id: str = "",
        info: str = "",
    ) -> Self:
        """Open messages one by one, or with `sync` fetch a whole folder."""
        client = self.client if not info else _with_info(self.client, info)
        items = [self.scribe.item("", self.folders[folder]) for _ in range(count)]
        kept = [{key: one[key] for key in ("Id", "InternetMessageId", "SizeInBytes")} for one in items]
        self.scribe.mailbox(
            self.at,
            "MailItemsAccessed",
            self.account,
            self.spot,
            client,
            self.session,
            owner=owner,
            kind=50,
            app_id=app_id,
            OperationProperties=[
                {"Name": "MailAccessType", "Value": "Sync" if sync else "Bind"},
                {"Name": "IsThrottled", "Value": "False"},
            ],
            Folders=[
                {
                    "Id": new_id(self.r),
                    "Path": f"\\{self.folders[folder]}",
                    "FolderItems": [] if sync else kept,
                }
            ],
            OperationCount=1 if sync else count,
        )
        return self.wait(1, 9)

    def send(
        self, subject: str, *, operation: str = "Send", owner: Person | None = None, app_id: str = ""
    ) -> Record:
        """Send a message, and give it."""
        item = self.scribe.item(subject, self.folders[3])
        self.scribe.mailbox(
            self.at,
            operation,
            self.account,
            self.spot,
            self.client,
            self.session,
            owner=owner,
            app_id=app_id,
            Item=item,
            SaveToSentItems=True,
        )
        self.wait(1, 12)
        return item

    def delete(
        self,
        items: Sequence[Record | str],
        *,
        operation: str = "SoftDelete",
        folder: int = 0,
        owner: Person | None = None,
    ) -> Self:
        """Delete messages, given as records of `send` or by their subjects."""
        found = [
            self.scribe.item(one, self.folders[folder]) if isinstance(one, str) else one for one in items
        ]
        where = {"Id": new_id(self.r), "Path": f"\\{self.folders[folder]}"}
        self.scribe.mailbox(
            self.at,
            operation,
            self.account,
            self.spot,
            self.client,
            self.session,
            owner=owner,
            kind=3,
            AffectedItems=[{**one, "ParentFolder": where} for one in found],
            CrossMailboxOperation=False,
            Folder=where,
        )
        return self.wait(0.5, 6)

    def rule(self, name: str, **what: object) -> Self:
        """Make an inbox rule in the browser."""
        first = {"Name": name}
        parameters = {"AlwaysDeleteOutlookRulesBlob": "False", "Force": "False", **first, **what}
        self.scribe.cmdlet(self.at, "New-InboxRule", self.account, self.spot, self.session, parameters)
        return self.wait(1, 8)

    def rule_by_client(self, name: str, actions: Iterable[Record], condition: str = "") -> Self:
        """Make an inbox rule as Outlook and programs do: one record with the whole rule inside."""
        self.scribe.mailbox(
            self.at,
            "UpdateInboxRules",
            self.account,
            self.spot,
            self.client,
            self.session,
            OperationProperties=[
                {"Name": "RuleOperation", "Value": "AddMailboxRule"},
                {"Name": "RuleId", "Value": str(self.r.getrandbits(62))},
                {"Name": "RuleState", "Value": "Enabled"},
                {"Name": "RuleCondition", "Value": condition},
                {"Name": "RuleName", "Value": name},
                {"Name": "RuleProvider", "Value": "RuleOrganizer"},
                {"Name": "RuleActions", "Value": json.dumps(list(actions), ensure_ascii=False)},
            ],
            Item={
                "Id": new_id(self.r),
                "ParentFolder": {"Id": new_id(self.r), "Path": f"\\{self.folders[0]}"},
            },
        )
        return self.wait(1, 8)

    def cmdlet(self, name: str, *, of: str = "", **parameters: object) -> Self:
        """Run an Exchange cmdlet."""
        self.scribe.cmdlet(self.at, name, self.account, self.spot, self.session, parameters, of=of)
        return self.wait(0.5, 5)

    def directory(
        self, operation: str, target: Person | str, *changes: tuple[str, str, str], **more: object
    ) -> Self:
        """Change the directory; `more` as `Scribe.directory` takes it."""
        self.scribe.directory(self.at, operation, self.account, target, changes, spot=self.spot, **more)  # type: ignore[arg-type]
        return self.wait(0.5, 5)

    def security_info(
        self, verb: str = "registered", what: str = "Authenticator App with Notification"
    ) -> Self:
        """Register or delete a sign-in method of one's own."""
        reason = f"User {verb} {what} method"
        return self.directory(f"User {verb} security info", self.account, extra={"StatusReason": reason})

    def consent(
        self, app: str, app_id: str, scopes: str, *, admin: bool = False, failed: bool = False
    ) -> Self:
        """Give an application rights."""
        self.scribe.consent(self.at, self.account, app, app_id, scopes, admin=admin, failed=failed)
        return self.wait(0.5, 4)

    def files(
        self, operation: str, names: Iterable[str], pause: tuple[float, float] = (0.05, 0.2), **more: object
    ) -> Self:
        """Do one thing with several files."""
        for name in names:
            self.scribe.file(
                self.at, operation, self.account, self.spot, self.client, name, self.session, **more
            )
            self.wait(*pause)
        return self

    def chat(self, to: str, link: str = "") -> Self:
        """Write to somebody in Teams, with a link if given."""
        thread = f"19:{new_id(self.r)}@unq.gbl.spaces"
        self.scribe.record(
            self.at,
            "MessageCreatedHasLink" if link else "MessageSent",
            25,
            "MicrosoftTeams",
            self.account.upn,
            ResultStatus="",
            UserKey=self.account.id,
            ClientIP=f"::ffff:{self.spot.address}" if ":" not in self.spot.address else self.spot.address,
            ChatThreadId=thread,
            ItemName=thread,
            CommunicationType="OneOnOne",
            MessageId=str(self.r.getrandbits(40)),
            MessageURLs=[link] if link else [],
            Members=[{"UPN": self.account.upn, "Role": 1}, {"UPN": to, "Role": 0}],
            ExtraProperties=[{"Key": "OsName", "Value": "windows"}],
        )
        return self.wait(0.1, 0.8)


def _with_info(client: Client, info: str) -> Client:
    return replace(client, info=info)
