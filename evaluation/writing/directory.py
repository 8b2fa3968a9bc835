"""Changes of the directory, and what is done with files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from evaluation.world.clients import GRAPH, Client
from evaluation.world.networks import Spot
from evaluation.world.people import Person, new_id
from evaluation.writing.log import Log, Record, pairs


class DirectoryLog(Log):
    """Writes what Entra and SharePoint audit."""

    def directory(
        self,
        at: datetime,
        operation: str,
        who: Person,
        target: Person | str,
        changes: Iterable[tuple[str, str, str]] = (),
        *,
        spot: Spot | None = None,
        target_id: str = "",
        result: str = "Success",
        extra: Mapping[str, str] | None = None,
    ) -> Record:
        """Write a change of the directory; `changes` are names with old and new values."""
        changed = list(changes)
        names = ", ".join(name for name, _, _ in changed)
        if isinstance(target, Person):
            object_id = target.upn
            targets = [
                {"ID": f"User_{target.id}", "Type": 2},
                {"ID": target.id, "Type": 2},
                {"ID": "User", "Type": 2},
                {"ID": target.upn, "Type": 5},
                {"ID": target.puid, "Type": 3},
            ]
        else:
            object_id = target_id or new_id(self.r)
            targets = [
                {"ID": f"ServicePrincipal_{object_id}", "Type": 2},
                {"ID": object_id, "Type": 2},
                {"ID": "ServicePrincipal", "Type": 2},
                {"ID": target, "Type": 1},
            ]
        address = spot.address if spot and self.firm.tells_directory_address else ""
        return self.record(
            at,
            operation,
            8,
            "AzureActiveDirectory",
            who.upn,
            ResultStatus=result,
            UserKey=f"{who.puid}@{self.firm.domain}",
            ObjectId=object_id,
            AzureActiveDirectoryEventType=1,
            ExtendedProperties=pairs(
                {
                    "additionalDetails": "{}",
                    "extendedAuditEventCategory": "User"
                    if isinstance(target, Person)
                    else "ServicePrincipal",
                    **(extra or {}),
                }
            ),
            ModifiedProperties=[
                *({"Name": name, "NewValue": new, "OldValue": old} for name, old, new in changed),
                {"Name": "Included Updated Properties", "NewValue": names, "OldValue": ""},
            ],
            Actor=[
                {"ID": who.upn, "Type": 5},
                {"ID": who.puid, "Type": 3},
                {"ID": f"User_{who.id}", "Type": 2},
                {"ID": who.id, "Type": 2},
                {"ID": "User", "Type": 2},
            ],
            ActorContextId=self.firm.tenant,
            InterSystemsId=new_id(self.r),
            IntraSystemId=new_id(self.r),
            SupportTicketId="",
            Target=targets,
            TargetContextId=self.firm.tenant,
            **({"ClientIP": address, "ActorIpAddress": address} if address else {}),
        )

    def consent(
        self,
        at: datetime,
        who: Person,
        app: str,
        app_id: str,
        scopes: str,
        *,
        admin: bool = False,
        failed: bool = False,
    ) -> None:
        """Write that an application was given rights, or with `failed` that it was not."""
        whose = "AllPrincipals" if admin else "Principal"
        grant = (
            f"[] => [[Id: {new_id(self.r)[:20]}, ClientId: {app_id}, PrincipalId: {'' if admin else who.id},"
            f" ResourceId: {GRAPH}, ConsentType: {whose}, Scope:  {scopes},"
            " CreatedDateTime: , LastModifiedDateTime ]]; "
        )
        self.directory(
            at,
            "Consent to application.",
            who,
            app,
            (
                ("ConsentContext.IsAdminConsent", "", str(admin)),
                ("ConsentContext.IsAppOnly", "", "False"),
                ("ConsentContext.OnBehalfOfAll", "", str(admin)),
                ("ConsentAction.Permissions", "", "" if failed else grant),
                ("TargetId.ServicePrincipalNames", "", app_id),
            ),
            target_id=app_id,
            result="Failure" if failed else "Success",
        )

    def file(
        self,
        at: datetime,
        operation: str,
        who: Person,
        spot: Spot,
        client: Client,
        name: str,
        session: str,
        **more: object,
    ) -> None:
        """Write what somebody did with a file in their OneDrive."""
        site = f"https://{self.firm.organization.split('.')[0]}-my.sharepoint.com/personal/"
        site += who.upn.replace("@", "_").replace(".", "_")
        self.record(
            at,
            operation,
            6,
            "OneDrive",
            who.upn,
            **{
                "UserKey": f"i:0h.f|membership|{who.puid.lower()}@live.com",
                "ClientIP": spot.address,
                "ObjectId": f"{site}/Documents/{name}",
                "SiteUrl": f"{site}/",
                "SourceRelativeUrl": "Documents",
                "SourceFileName": name,
                "SourceFileExtension": name.rpartition(".")[2],
                "ItemType": "File",
                "EventSource": "SharePoint",
                "UserAgent": client.agent,
                "Site": new_id(self.r),
                "CorrelationId": new_id(self.r),
                "AppAccessContext": {"AADSessionId": session, "UniqueTokenId": new_id(self.r)[:22]},
                **more,
            },
        )
