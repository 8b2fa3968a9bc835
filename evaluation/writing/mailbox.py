"""What is done in mailboxes, and by Exchange's cmdlets."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from evaluation.world.clients import EXCHANGE, Client
from evaluation.world.networks import Spot
from evaluation.world.people import Person, new_id
from evaluation.writing.log import Log, Record, pairs


class MailboxLog(Log):
    """Writes what Exchange audits."""

    def mailbox(
        self,
        at: datetime,
        operation: str,
        who: Person,
        spot: Spot | None,
        client: Client,
        session: str,
        *,
        owner: Person | None = None,
        kind: int = 2,
        app_id: str = "",
        **more: object,
    ) -> Record:
        """Write what somebody did in a mailbox, their own unless `owner` says whose."""
        whose = owner or who
        address = spot.address if spot else ""
        return self.record(
            at,
            operation,
            kind,
            "Exchange",
            who.upn,
            UserKey=who.puid,
            ClientIP=address,
            ClientIPAddress=address,
            ClientInfoString=client.info,
            ClientAppId=app_id or client.reads_as,
            AppId=app_id or EXCHANGE,
            ExternalAccess=False,
            InternalLogonType=0,
            LogonType=0 if whose is who else 2,
            LogonUserSid=who.sid,
            MailboxGuid=whose.mailbox,
            MailboxOwnerSid=whose.sid,
            MailboxOwnerUPN=whose.upn,
            OrganizationName=self.firm.organization,
            OriginatingServer="AM0PR01MB4242 (15.20.4200.000)\r\n",
            SessionId=session,
            AppAccessContext={
                "AADSessionId": session,
                "UniqueTokenId": new_id(self.r)[:22],
                "APIId": EXCHANGE,
            },
            **more,
        )

    def item(self, subject: str, folder: str) -> Record:
        """Give a message as mailbox records name it."""
        return {
            "Attachments": "",
            "Id": new_id(self.r),
            "InternetMessageId": f"<{new_id(self.r)}@{self.firm.domain}>",
            "ParentFolder": {"Id": new_id(self.r), "Name": folder, "Path": f"\\{folder}"},
            "SizeInBytes": self.r.randrange(9_000, 120_000),
            "Subject": subject,
        }

    def cmdlet(
        self,
        at: datetime,
        name: str,
        who: Person,
        spot: Spot | None,
        session: str,
        parameters: Mapping[str, object],
        *,
        of: str = "",
        result: str = "True",
    ) -> Record:
        """Write an Exchange cmdlet; `of` names the object where it is not the actor's own mailbox."""
        path = (
            f"EURPR01A001.PROD.OUTLOOK.COM/Microsoft Exchange Hosted Organizations/{self.firm.organization}"
        )
        own = f"{path}/{who.mailbox}"
        if "Name" in parameters and "Inbox" in name:
            own += f"\\{parameters['Name']}"
        return self.record(
            at,
            name,
            1,
            "Exchange",
            who.upn,
            ResultStatus=result,
            UserKey=who.puid,
            UserType=2,
            ClientIP=f"{spot.address}:{self.r.randrange(1025, 65000)}"
            if spot and ":" not in spot.address
            else (f"[{spot.address}]:{self.r.randrange(1025, 65000)}" if spot else ""),
            ObjectId=of or own,
            AppId=EXCHANGE,
            ClientAppId="",
            ExternalAccess=False,
            OrganizationName=self.firm.organization,
            OriginatingServer="AM0PR01MB4242 (15.20.8342.012)",
            Parameters=pairs(parameters),
            SessionId=session,
            AppAccessContext={"AADSessionId": session, "UniqueTokenId": new_id(self.r)[:22]},
        )
