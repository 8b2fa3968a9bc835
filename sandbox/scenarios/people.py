"""The people, places, programs and applications of the invented tenant."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.scenarios.state import ident

DOMAIN = "contoso.example"
FEDERATED_DOMAIN = "fabrikam.example"
SUBJECT = f"adele.vance@{DOMAIN}"


@dataclass(frozen=True)
class Person:
    """Someone with an account. ``kind`` is member, guest, synced, federated or no-mailbox."""

    upn: str
    name: str
    title: str
    department: str
    kind: str = "member"
    office_number: int = 0

    @property
    def id(self) -> str:
        """The directory object id."""
        return ident("user", self.upn)

    @property
    def alias(self) -> str:
        """The part before the at sign."""
        return self.upn.partition("@")[0]


def _colleague(number: int, given: str, surname: str, title: str, department: str) -> Person:
    upn = f"{given}.{surname}@{DOMAIN}".lower()
    return Person(upn, f"{given} {surname}", title, department, office_number=number)


ADELE = _colleague(1, "Adele", "Vance", "Accounts Manager", "Finance")
MEGAN = _colleague(2, "Megan", "Bowen", "Incident Responder", "Security")
ALEX = _colleague(3, "Alex", "Wilber", "Head of Security", "Security")
LIDIA = _colleague(4, "Lidia", "Holloway", "Head of Operations", "Operations")
NESTOR = _colleague(5, "Nestor", "Wilke", "IT Administrator", "IT")
GRADY = _colleague(6, "Grady", "Archie", "Designer", "Product")
ISAIAH = _colleague(7, "Isaiah", "Langer", "Sales Lead", "Sales")
PRADEEP = _colleague(8, "Pradeep", "Gupta", "Accountant", "Finance")
DIEGO = _colleague(9, "Diego", "Siciliani", "HR Partner", "Human Resources")
MIRIAM = Person("miriam.graham@contoso.example", "Miriam Graham", "Plant Manager", "Production", "synced")
HENRIETTA = Person(
    "henrietta.mueller@fabrikam.example", "Henrietta Mueller", "Buyer", "Purchasing", "federated"
)
COLLEAGUES = (MEGAN, ALEX, LIDIA, NESTOR, GRADY, ISAIAH, PRADEEP, DIEGO)
OTHERS = (
    Person("kiosk.lobby@contoso.example", "Lobby Kiosk", "Kiosk", "Facilities", "no-mailbox"),
    Person("jordan_partner.example#EXT#@contoso.onmicrosoft.example", "Jordan Reyes", "", "", "guest"),
    MIRIAM,
    HENRIETTA,
)
EVERYBODY = (ADELE, *COLLEAGUES, *OTHERS)


@dataclass(frozen=True)
class Place:
    """Where a call comes from; all addresses are from the ranges kept for documentation."""

    ip: str
    city: str
    state: str
    country: str
    latitude: float
    longitude: float
    network: int


OFFICE = Place("198.51.100.10", "Seattle", "Washington", "US", 47.61, -122.33, 64500)
HOME = Place("198.51.100.77", "Seattle", "Washington", "US", 47.66, -122.31, 64501)
LAGOS = Place("203.0.113.77", "Lagos", "Lagos", "NG", 6.45, 3.39, 64511)
LAGOS_V6 = Place("2001:db8:77::5", "Lagos", "Lagos", "NG", 6.45, 3.39, 64511)
AIRPORT = Place("192.0.2.14", "Lisbon", "Lisboa", "PT", 38.77, -9.13, 64520)
HOTEL = Place("192.0.2.40", "Lisbon", "Lisboa", "PT", 38.72, -9.14, 64521)
VENUE = Place("192.0.2.80", "Lisbon", "Lisboa", "PT", 38.77, -9.09, 64522)


def office_of(person: Person) -> Place:
    """The office network as seen for one person; everyone leaves through one of a few addresses."""
    last = 10 + person.office_number % 4
    return Place(f"198.51.100.{last}", "Seattle", "Washington", "US", 47.61, -122.33, 64500)


@dataclass(frozen=True)
class Program:
    """The program a person uses, as sign-in logs describe it."""

    user_agent: str
    browser: str = ""
    system: str = ""
    client_app: str = "Browser"
    device: str = ""
    compliant: bool = False

    @property
    def device_id(self) -> str:
        """The device's id, empty for an unknown device."""
        return ident("device", self.device) if self.device else ""


_EDGE = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0"
)
_CHROME = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36"
)
SCRIPT = Program("axios/1.7.2")
FOREIGN_BROWSER = Program(_CHROME, "Chrome 138.0.0", "Linux")
LEGACY = Program("BAV2ROPC", client_app="IMAP4")
OUTLOOK_PHONE = "Outlook-iOS/4.2540.0"


def laptop(person: Person) -> Program:
    """The person's managed laptop with its browser."""
    device = f"LAPTOP-{person.alias.upper().replace('.', '-')}"
    return Program(_EDGE, "Edge 140.0.0", "Windows 11", device=device, compliant=True)


def desktop_mail(person: Person) -> Program:
    """Outlook on the same laptop, which renews its tokens by itself."""
    device = f"LAPTOP-{person.alias.upper().replace('.', '-')}"
    agent = "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.19127; Pro)"
    client = "Mobile Apps and Desktop clients"
    return Program(agent, "Rich Client 5.0", "Windows 11", client, device, compliant=True)


@dataclass(frozen=True)
class Application:
    """An application as sign-ins name it."""

    app_id: str
    name: str


EXCHANGE = Application("00000002-0000-0ff1-ce00-000000000000", "Office 365 Exchange Online")
OFFICE_HOME = Application("4765445b-32c6-49b0-83e6-1d93765276ca", "OfficeHome")
OUTLOOK = Application("d3590ed6-52b3-4102-aeff-aad2292ab01c", "Microsoft Office")
OUTLOOK_WEB = Application("9199bf20-a13f-4107-85dc-02114787ef48", "One Outlook Web")
GRAPH = Application("00000003-0000-0000-c000-000000000000", "Microsoft Graph")
PORTAL = Application("c44b4083-3bb0-49c1-b47d-974e53cbdf3c", "Azure Portal")
MAIL_EXPORT = Application("ff8d92dc-3d82-41d6-bcbd-b9174d163620", "PerfectData Software")

ERRORS = {
    0: "Other.",
    50126: "Error validating credentials due to invalid username or password.",
    50057: "The account is disabled.",
    50053: "The account is locked, or the address was blocked for malicious activity.",
    50140: "The person was interrupted by the question to stay signed in.",
    50074: "Strong authentication is required.",
}
ROLES = {
    "Global Administrator": "62e90394-69f5-4237-9190-012177145e10",
    "Privileged Role Administrator": "e8611ab8-c189-46e8-94e1-60213ab1f814",
    "Privileged Authentication Administrator": "7be44c8a-adaf-4e2a-84d6-ab2649e08a13",
    "User Administrator": "fe930be7-5e62-47db-91af-98c3a49a38b1",
    "Exchange Administrator": "29232cdf-9323-42fd-ade2-1d097af3e4de",
    "Security Administrator": "194ae4cb-b126-40b2-bd5b-6091b380977d",
    "Security Reader": "5d6b6bb7-de71-4623-b4af-96380a352509",
    "Global Reader": "f2ef992c-3afb-46b9-b7cf-a126ee74c451",
    "Helpdesk Administrator": "729827e3-9c14-49f7-bb1b-9608f156bbb8",
    "Cloud Device Administrator": "7698a772-787b-4ac8-901f-60d6b08affd2",
}
PARTNERS = (
    "ap@wingtip.example",
    "billing@tailspin.example",
    "hannah@northwind.example",
    "orders@litware.example",
    "projects@adatum.example",
)
SUBJECTS = (
    "Minutes of Tuesday's call",
    "Draft agenda for the review",
    "Question on the delivery dates",
    "Figures for the quarter",
    "Slides as promised",
    "Lunch next week?",
    "Updated project plan",
    "Travel booking confirmed",
    "Purchase order 5512",
    "Feedback on the draft",
    "New starters in June",
    "Office closing early on Friday",
)
FILES = (
    "Budget.xlsx",
    "Roadmap.pptx",
    "Contract draft.docx",
    "Team photo.png",
    "Suppliers.xlsx",
    "Notes.docx",
)
