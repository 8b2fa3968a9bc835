"""Sign-ins, in both logs."""

from __future__ import annotations

from datetime import datetime

from evaluation.world.clients import EXCHANGE, Client
from evaluation.world.networks import Spot
from evaluation.world.people import Device, Person, new_id
from evaluation.writing.log import Log, Record, pairs


class SignInLog(Log):
    """Writes sign-ins."""

    def sign_in(
        self,
        at: datetime,
        who: Person,
        spot: Spot,
        client: Client,
        device: Device | None,
        session: str,
        *,
        error: int = 0,
        reason: str = "",
        factor: str = "",
        interactive: bool | None = None,
        protocol: str = "",
        transfer: str = "none",
        conditional: str = "",
        risk: str = "none",
        logged: bool = True,
    ) -> None:
        """Write a sign-in into both logs.

        Args:
            at: When.
            who: As whom.
            spot: From where.
            client: With what.
            device: On which device, None for one that Entra does not know.
            session: The id of the session.
            error: Entra's error code, 0 for success.
            reason: The error's name in the audit log.
            factor: How the second factor was met; "" for none asked.
            interactive: Whether somebody was asked; as the client does when None.
            protocol: Graph's ``authenticationProtocol``, the client's own when "".
            transfer: Graph's ``originalTransferMethod``.
            conditional: Graph's ``conditionalAccessStatus``.
            risk: The level that Identity Protection gives.
            logged: Whether the audit log has it as well; it leaves out most silent renewals.
        """
        known = device is not None and device.id != ""
        if logged:
            self._sign_in_record(at, who, spot, client, device if known else None, session, error, reason)
        if at < self.sign_ins_from:
            return
        asked = client.interactive if interactive is None else interactive
        methods = [{"authenticationMethod": "Password", "succeeded": not error}] if asked else []
        if factor:
            methods.append({"authenticationMethod": factor, "succeeded": not error})
        self.sign_ins.append(
            {
                "id": new_id(self.r),
                "createdDateTime": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "userDisplayName": who.name,
                "userPrincipalName": who.upn,
                "userId": who.id,
                "appId": client.app_id,
                "appDisplayName": client.app,
                "ipAddress": spot.address,
                "clientAppUsed": client.used,
                "userAgent": client.agent,
                "correlationId": new_id(self.r),
                "conditionalAccessStatus": conditional
                or (("failure" if error in {53003, 53000} else "success") if factor else "notApplied"),
                "isInteractive": asked,
                "authenticationProtocol": protocol or client.protocol,
                "originalTransferMethod": transfer,
                "authenticationRequirement": "multiFactorAuthentication"
                if factor
                else "singleFactorAuthentication",
                "authenticationDetails": methods,
                "sessionId": session,
                "autonomousSystemNumber": spot.network.asn,
                "resourceDisplayName": "Office 365 Exchange Online",
                "resourceId": EXCHANGE,
                "riskDetail": "none",
                "riskLevelAggregated": risk,
                "riskLevelDuringSignIn": risk,
                "riskState": "none" if risk == "none" else "atRisk",
                "riskEventTypes_v2": [] if risk == "none" else ["unfamiliarFeatures"],
                "status": {
                    "errorCode": error,
                    "failureReason": reason or "Other.",
                    "additionalDetails": None,
                },
                "deviceDetail": {
                    "deviceId": device.id if device else "",
                    "displayName": device.name if device and known else "",
                    "operatingSystem": client.system,
                    "browser": client.browser,
                    "isCompliant": bool(device and known and device.managed),
                    "isManaged": bool(device and known and device.managed),
                    "trustType": device.trust if device and known else "",
                },
                "location": {
                    "city": spot.place.city,
                    "state": "",
                    "countryOrRegion": spot.place.country,
                    "geoCoordinates": {
                        "altitude": None,
                        "latitude": spot.place.latitude,
                        "longitude": spot.place.longitude,
                    },
                },
            }
        )

    def _sign_in_record(
        self,
        at: datetime,
        who: Person,
        spot: Spot,
        client: Client,
        device: Device | None,
        session: str,
        error: int,
        reason: str,
    ) -> None:
        properties: dict[str, object] = {}
        if device:
            properties |= {"Id": device.id, "DisplayName": device.name}
            properties["TrustType"] = "1" if "joined" in device.trust else "0"
        system = client.system.split(" ", 1)[0]
        browser = client.browser.split(" ", 1)[0] or "Other"
        properties |= {"OS": system, "BrowserType": browser}
        properties["IsCompliantAndManaged"] = bool(device and device.managed)
        properties["SessionId"] = session
        request = "OAuth2:Token" if client.protocol == "ropc" else "OAuth2:Authorize"
        if client.protocol == "deviceCode":
            request = "Cmsi:Cmsi"
        more: Record = {"LogonError": reason} if reason else {}
        self.record(
            at,
            "UserLoginFailed" if error else "UserLoggedIn",
            15,
            "AzureActiveDirectory",
            who.upn,
            ResultStatus="Failed" if error else "Success",
            UserKey=who.id,
            ClientIP=spot.address,
            ObjectId=EXCHANGE,
            AzureActiveDirectoryEventType=1,
            ExtendedProperties=pairs(
                {"ResultStatusDetail": "Success", "UserAgent": client.agent, "RequestType": request}
            ),
            ModifiedProperties=[],
            Actor=[{"ID": who.id, "Type": 0}, {"ID": who.upn, "Type": 5}],
            ActorContextId=self.firm.tenant,
            ActorIpAddress=spot.address,
            InterSystemsId=new_id(self.r),
            IntraSystemId=new_id(self.r),
            SupportTicketId="",
            Target=[{"ID": EXCHANGE, "Type": 0}],
            TargetContextId=self.firm.tenant,
            ApplicationId=client.app_id,
            DeviceProperties=pairs(properties),
            ErrorNumber=str(error),
            **more,
        )
