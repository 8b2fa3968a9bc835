"""The programs that people and attackers use, as sign-ins and mailbox records name them.

Application ids are Microsoft's own, from "Verify first-party Microsoft applications in sign-in reports".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

EXCHANGE: Final = "00000002-0000-0ff1-ce00-000000000000"
SHAREPOINT: Final = "00000003-0000-0ff1-ce00-000000000000"
GRAPH: Final = "00000003-0000-0000-c000-000000000000"


@dataclass(frozen=True, slots=True)
class Client:
    """One program on one kind of machine.

    Attributes:
        agent: The user agent string of its sign-ins.
        app_id: The application that it signs in as. `app`: That application's name.
        used: Graph's ``clientAppUsed``.
        info: Exchange's ``ClientInfoString``.
        system: Graph's ``operatingSystem``; the audit log's drops the number.
        browser: Graph's ``browser``.
        interactive: Whether its sign-ins ask a person for something.
        protocol: Graph's ``authenticationProtocol``.
    """

    agent: str
    app_id: str
    app: str
    used: str
    info: str
    system: str = "Windows10"
    browser: str = ""
    interactive: bool = True
    protocol: str = "oAuth2"

    @property
    def reads_as(self) -> str:
        """The application that mailbox records name: whatever page a browser signed in to, its mail is OWA's."""
        return _OWA if self.info == _IN_OWA else self.app_id

    def on(self, system: str) -> Client:
        """Give the same program on another system."""
        return replace(self, system=system)


_OFFICE_HOME: Final = "4765445b-32c6-49b0-83e6-1d93765276ca"
_OWA: Final = "9199bf20-a13f-4107-85dc-02114787ef48"
_WINDOWS: Final = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
_APPS: Final = "Mobile Apps and Desktop clients"
_IN_OWA: Final = "Client=OWA;Action=ViaProxy"

EDGE: Final = Client(
    f"{_WINDOWS} Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
    _OFFICE_HOME, "OfficeHome", "Browser", _IN_OWA, browser="Edge 140.0.0",
)  # fmt: skip
CHROME: Final = Client(
    f"{_WINDOWS} Chrome/140.0.0.0 Safari/537.36",
    _OFFICE_HOME, "OfficeHome", "Browser", _IN_OWA, browser="Chrome 140.0.0",
)  # fmt: skip
FIREFOX: Final = Client(
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0",
    _OWA, "Outlook on the web", "Browser", _IN_OWA, browser="Firefox 143.0",
)  # fmt: skip
SAFARI: Final = Client(
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/18.5 Safari/605.1.15",
    _OWA, "Outlook on the web", "Browser", _IN_OWA, "MacOs", "Safari 18.5",
)  # fmt: skip
LINUX_CHROME: Final = Client(
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36",
    _OFFICE_HOME, "OfficeHome", "Browser", _IN_OWA, "Linux", "Chrome 139.0.0",
)  # fmt: skip
OUTLOOK: Final = Client(
    "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.18925; Pro)",
    "d3590ed6-52b3-4102-aeff-aad2292ab01c", "Microsoft Office", _APPS, "Client=MSExchangeRPC", interactive=False,
)  # fmt: skip
MAC_OUTLOOK: Final = Client(
    "Microsoft Office/16.100 (Mac OS X 15.5; Outlook)",
    "d3590ed6-52b3-4102-aeff-aad2292ab01c", "Microsoft Office", _APPS, "Client=WebServices;MacOutlook/16.100",
    "MacOs", interactive=False,
)  # fmt: skip
PHONE_IOS: Final = Client(
    "Outlook-iOS/2.0", "27922004-5251-4030-b22d-91ecd9a37ea4", "Outlook Mobile", _APPS,
    "Client=OutlookService;Outlook-iOS/2.0;", "Ios 18.5", interactive=False,
)  # fmt: skip
PHONE_ANDROID: Final = Client(
    "Outlook-Android/2.0", "27922004-5251-4030-b22d-91ecd9a37ea4", "Outlook Mobile", _APPS,
    "Client=OutlookService;Outlook-Android/2.0;", "Android 15", interactive=False,
)  # fmt: skip
TEAMS: Final = Client(
    f"{_WINDOWS} Teams/25198.1112.3855.2900", "1fec8e78-bce4-4aaf-ab1b-5451cc387264", "Microsoft Teams", _APPS,
    "", interactive=False,
)  # fmt: skip
KIT: Final = Client("axios/1.7.9", _OFFICE_HOME, "OfficeHome", "Browser", _IN_OWA, "", "")
LEGACY_IMAP: Final = Client(
    "BAV2ROPC", EXCHANGE, "Office 365 Exchange Online", "IMAP4", "Client=POP3/IMAP4;Protocol=IMAP4", "",
    protocol="ropc",
)  # fmt: skip
LEGACY_SMTP: Final = Client(
    "BAV2ROPC", EXCHANGE, "Office 365 Exchange Online", "Authenticated SMTP", "Client=SMTP;Protocol=SMTP", "",
    protocol="ropc",
)  # fmt: skip
POWERSHELL: Final = Client(
    "Mozilla/5.0 (Windows NT 10.0; Microsoft Windows 10.0.26100; en-US) PowerShell/7.5.2",
    "fb78d390-0c51-40cd-8e17-fdbfab77341b", "Microsoft Exchange REST API Based Powershell", _APPS,
    "Client=RemotePowerShell",
)  # fmt: skip
GRAPH_POWERSHELL: Final = Client(
    "Mozilla/5.0 (Windows NT 10.0; Microsoft Windows 10.0.26100; en-US) PowerShell/7.5.2",
    "14d82eec-204b-4c2f-b7e8-296a70dab67e", "Microsoft Graph Command Line Tools", _APPS, "Client=REST;;",
)  # fmt: skip
PYTHON: Final = Client(
    "python-requests/2.32.4", "04b07795-8ddb-461a-bbee-02f9e1bf7b46", "Microsoft Azure CLI", _APPS, "Client=REST;;", "",
)  # fmt: skip
BROKER: Final = Client(
    f"{_WINDOWS} Chrome/140.0.0.0 Safari/537.36", "29d9ed98-a469-4536-ade2-f981bc1d605e",
    "Microsoft Authentication Broker", _APPS, "Client=REST;;", "", protocol="deviceCode",
)  # fmt: skip
