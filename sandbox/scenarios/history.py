"""About ninety days of ordinary life: sign-ins, mail, files, rules, and the noise of the services."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sandbox.scenarios import people
from sandbox.scenarios.organization import signature_of
from sandbox.scenarios.people import (
    ADELE,
    FILES,
    HOME,
    PARTNERS,
    SUBJECTS,
    Person,
    desktop_mail,
    laptop,
    office_of,
)
from sandbox.scenarios.state import TenantState, ident
from sandbox.scenarios.world import World, name_of

DAYS = 90
_SYSTEM = "NT AUTHORITY\\SYSTEM (Microsoft.Exchange.ServiceHost)"
_DESKTOP = "Client=MSExchangeRPC"

FILE_OPERATIONS = ("FileAccessed", "FileModified", "FilePreviewed")
"""What people do with their own files, as the audit log names it."""


def ordinary(world: World, *, until: datetime, also: Sequence[Person] = ()) -> None:
    """Fill ninety days before ``until`` for Adele, less for her colleagues and who else is named."""
    for day in range(DAYS, -1, -1):
        # The working day of Seattle begins at about 16:00 UTC.
        morning = (world.now - timedelta(days=day)).replace(hour=16, minute=0, second=0)
        if morning.weekday() >= 5:
            continue
        _day(world, ADELE, morning, until, full=True)
        for person in (*people.COLLEAGUES, *also):
            _day(world, person, morning, until, full=False)
        if day % 3 == 0:
            _services(world, morning - timedelta(hours=9), until)
    _settled_rules(world)
    _received(world, until)


def _day(world: World, person: Person, morning: datetime, until: datetime, *, full: bool) -> None:
    """One person's day; nothing after ``until``."""
    random = world.random
    start = morning + timedelta(minutes=random.randrange(0, 75), seconds=random.randrange(60))
    place = office_of(person) if random.random() < 0.75 else HOME
    session = ident("session", person.upn, morning.date())
    if start > until:
        return
    if random.random() < 0.04:
        world.sign_in(start - timedelta(minutes=1), person, place, laptop(person), error=50126)
    world.sign_in(start, person, place, laptop(person), session=session, mfa=True)
    for _ in range(2 if full else 1):
        when = start + timedelta(minutes=random.randrange(5, 460))
        if when <= until:
            world.sign_in(
                when,
                person,
                place,
                desktop_mail(person),
                app=people.OUTLOOK,
                interactive=False,
                session=session,
                log=full or world.random.random() < 0.5,
            )
    for _ in range(random.randrange(1, 5) if full else random.randrange(0, 3)):
        when = start + timedelta(minutes=random.randrange(5, 460))
        if when <= until:
            to = [
                random.choice(PARTNERS if random.random() < 0.4 else [item.upn for item in people.COLLEAGUES])
            ]
            subject = random.choice(SUBJECTS)
            text = f"Hello,\n\n{subject.lower()} below.\n\n{signature_of(person)}"
            world.send(when, person, place, to, subject, text, session=session, client=_DESKTOP)
    for _ in range(random.randrange(2, 6) if full else random.randrange(0, 5)):
        when = start + timedelta(minutes=random.randrange(5, 460))
        if when <= until:
            name = random.choice(FILES)
            file_used(world, person, when, place.ip, name, operation=random.choice(FILE_OPERATIONS))
    if random.random() < (0.8 if full else 0.4):
        _bind(world, person, start + timedelta(minutes=9), place.ip, session, until=until)
    if random.random() < (0.5 if full else 0.1):
        _tidy(world, person, start + timedelta(minutes=200), place.ip, session, until=until)


def file_used(world: World, person: Person, when: datetime, ip: str, name: str, *, operation: str) -> None:
    """Record that someone opened, changed or previewed a file of theirs."""
    site = f"https://contoso-my.sharepoint.example/personal/{person.alias.replace('.', '_')}"
    world.audit(
        when,
        operation,
        6,
        "OneDrive",
        person.upn,
        ClientIP=ip,
        ObjectId=f"{site}/Documents/{name}",
        SiteUrl=site,
        SourceRelativeUrl="Documents",
        SourceFileName=name,
        SourceFileExtension=name.rpartition(".")[2],
        ItemType="File",
        EventSource="SharePoint",
        UserAgent=laptop(person).user_agent,
        CorrelationId=world.next_guid("file"),
    )


def _bind(world: World, person: Person, when: datetime, ip: str, session: str, *, until: datetime) -> None:
    if when > until:
        return
    message = f"<{world.next_guid('read')}@northwind.example>"
    world.mail_access(when, person, ip, session, _DESKTOP, [(message, 5120)])


def _tidy(world: World, person: Person, when: datetime, ip: str, session: str, *, until: datetime) -> None:
    if when > until:
        return
    world.audit(
        when,
        "MoveToDeletedItems",
        3,
        "Exchange",
        person.upn,
        **world.mailbox_fields(person, ip, session, _DESKTOP),
        Folder={"Id": ident("folder", person.upn, "Inbox"), "Path": "\\Inbox"},
        DestFolder={"Id": ident("folder", person.upn, "Deleted Items"), "Path": "\\Deleted Items"},
        AffectedItems=[
            {
                "Id": "RgAAAA" + world.next_guid("item")[:12],
                "InternetMessageId": f"<{world.next_guid('tidied')}@bargains.example>",
                "Subject": "Offers of the week",
                "ParentFolder": {"Id": ident("folder", person.upn, "Inbox"), "Path": "\\Inbox"},
            }
        ],
    )


def _services(world: World, when: datetime, until: datetime) -> None:
    """Microsoft's own services at work; a sign of nothing."""
    if when > until:
        return
    for person in (ADELE, *people.COLLEAGUES):
        world.admin_cmdlet(
            when,
            "Set-Mailbox",
            _SYSTEM,
            world.object_path(person),
            {"Identity": world.object_path(person), "ElcProcessingDisabled": "False", "Force": "True"},
            "",
            user_type=3,
        )
    world.audit(
        when + timedelta(minutes=5),
        "MailItemsAccessed",
        50,
        "Exchange",
        ADELE.upn,
        **world.mailbox_fields(ADELE, "2001:db8:10a6::17", "", "Client=REST;Client=RESTSystem;;"),
        ClientIP="::1",
        OperationProperties=[
            {"Name": "MailAccessType", "Value": "Bind"},
            {"Name": "IsThrottled", "Value": "False"},
        ],
        OperationCount=1,
        Folders=[{"Id": ident("folder", ADELE.upn, "Inbox"), "Path": "\\Inbox", "FolderItems": []}],
    )
    world.admin_cmdlet(
        when + timedelta(minutes=7),
        "Add-MailboxPermission",
        _SYSTEM,
        world.object_path(ADELE),
        {"Identity": world.object_path(ADELE), "User": "NT AUTHORITY\\SYSTEM", "AccessRights": "FullAccess"},
        "<null>",
        user_type=3,
    )
    world.entra(when + timedelta(minutes=9), "Update user.", "Microsoft Substrate Management", ADELE.upn, [])
    world.directory_audit(
        when + timedelta(minutes=9),
        "Update user",
        "Microsoft Substrate Management",
        [
            {
                "id": ADELE.id,
                "displayName": None,
                "type": "User",
                "userPrincipalName": ADELE.upn,
                "groupType": None,
                "modifiedProperties": [],
            }
        ],
    )


def _settled_rules(world: World) -> None:
    """Harmless rules that Adele made long ago."""
    long_ago = world.now - timedelta(days=82, hours=3)
    box = world.box(ADELE)
    ip = f"{office_of(ADELE).ip}:50122"
    world.inbox_rule(
        long_ago,
        ADELE,
        "Newsletters",
        {"senderContains": ["newsletter@", "news@"]},
        {"moveToFolder": box.folder_id("Newsletters"), "stopProcessingRules": True},
        {
            "FromAddressContainsWords": "newsletter@;news@",
            "MoveToFolder": "Newsletters",
            "StopProcessingRules": True,
        },
        ip,
    )
    world.inbox_rule(
        long_ago + timedelta(minutes=6),
        ADELE,
        "Team updates",
        {"fromAddresses": [{"emailAddress": {"name": people.LIDIA.name, "address": people.LIDIA.upn}}]},
        {"assignCategories": ["Team"], "markImportance": "high"},
        {"From": people.LIDIA.upn, "ApplyCategory": "Team", "MarkImportance": "High"},
        ip,
    )
    # Desktop Outlook stamps the whole set again now and then; no one changed anything.
    for number in range(4):
        world.audit(
            long_ago + timedelta(days=20, seconds=number),
            "UpdateInboxRules",
            2,
            "Exchange",
            ADELE.upn,
            **world.mailbox_fields(ADELE, office_of(ADELE).ip, "", _DESKTOP),
            ClientProcessName="OUTLOOK.EXE",
            OperationProperties=[
                {"Name": "RuleOperation", "Value": "ModifyMailboxRule"},
                {"Name": "RuleId", "Value": str(number % 2)},
                {"Name": "RuleState", "Value": "Enabled, ExitAfterExecution"},
                {"Name": "RuleName", "Value": ("Newsletters", "Team updates")[number % 2]},
                {"Name": "RuleProvider", "Value": "RuleOrganizer"},
                {"Name": "RuleActions", "Value": '[{"ActionType":"Move","DestinationFolderId":"LgAAAA"}]'},
            ],
        )


def _received(world: World, until: datetime) -> None:
    """A month of incoming mail for Adele."""
    for day in range(30, 0, -1):
        when = until - timedelta(days=day, minutes=world.random.randrange(300))
        sender = world.random.choice(PARTNERS)
        subject = "RE: " + world.random.choice(SUBJECTS)
        world.receive(
            when, ADELE, (name_of(sender), sender), subject, "Thanks, that works for us.\n\nRegards"
        )
        if day % 4 == 0:
            world.receive(
                when + timedelta(hours=2),
                ADELE,
                ("Industry Weekly", "newsletter@weekly.example"),
                "This week in our industry",
                "Five things to read.",
                folder="Newsletters",
            )
        if day % 7 == 0:
            world.message(
                when,
                ADELE,
                "deleteditems",
                ("Bargains", "offers@bargains.example"),
                [ADELE.upn],
                "Offers of the week",
                "Save now.",
            )


def planned_reset(world: World, when: datetime) -> None:
    """An administrator resets Adele's password as announced, who changes it the same day."""
    admin_ip = office_of(people.NESTOR).ip
    world.credential_event(
        when, "Reset user password", "Reset user password.", people.NESTOR, ADELE, admin_ip
    )
    later = when + timedelta(minutes=40)
    ip = office_of(ADELE).ip
    world.credential_event(later, "Change user password", "Change user password.", ADELE, ADELE, ip)


def calm(world: World) -> TenantState:
    """A tenant in which nothing is wrong."""
    ordinary(world, until=world.now)
    planned_reset(world, world.now - timedelta(days=75))
    return world.finish()
