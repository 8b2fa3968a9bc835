"""Harmless: somebody does what attackers do, for reasons of their own."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from evaluation.case import DAYS, Case
from evaluation.life import FACTOR, REMEMBERED
from evaluation.scripts import Script, Truth
from evaluation.world.clients import FIREFOX, LEGACY_IMAP, POWERSHELL
from evaluation.world.networks import HOSTING
from evaluation.world.people import Device, new_id

ZOOM: Final = "a8e71e4d-2c5f-4b4e-9d3b-0d6c53cbe101"


def assistant_as_delegate(case: Case) -> None:
    """An executive gives the assistant the mailbox; the assistant works in it from then on."""
    helper = case.involve(case.person("assistant"))
    stay = case.own(case.day, case.r.uniform(9, 16))
    stay.cmdlet(
        "Add-MailboxFolderPermission",
        Identity=f"{case.victim.upn}:\\Calendar",
        User=helper.upn,
        AccessRights="Editor",
    )
    if case.chance(0.6):
        admin = case.own(case.day, 14, who=case.administrator)
        admin.cmdlet(
            "Add-MailboxPermission",
            of=case.victim.upn,
            Identity=case.victim.upn,
            User=helper.upn,
            AccessRights="FullAccess",
        )
    for day in range(case.day, DAYS):
        if day % 7 < 5:
            work = case.own(day, 10, who=helper, client=helper.desk)
            work.read(8, owner=case.victim).delete(
                [case.pick(*case.firm.culture.subjects)], owner=case.victim, operation="MoveToDeletedItems"
            )
            work.send(case.pick(*case.firm.culture.subjects), operation="SendOnBehalf", owner=case.victim)


def vacation(case: Case) -> None:
    """Before a vacation: an automatic reply, and mail goes to a colleague; which a rule does."""
    stay = case.own(case.day, case.r.uniform(15, 18))
    stay.cmdlet("Set-MailboxAutoReplyConfiguration", Identity=case.victim.upn, AutoReplyState="Scheduled")
    stay.rule(case.pick("Vacation", "Cover", "Holiday"), RedirectTo=case.colleague().upn)


def newsletter_rules(case: Case) -> None:
    """Several rules against newsletters, one of which deletes."""
    stay = case.own(case.day, case.r.uniform(9, 17))
    for number in range(case.r.randrange(3, 7)):
        what: dict[str, object] = (
            {"MoveToFolder": case.pick("News", case.firm.culture.folders[4])}
            if case.chance(0.6)
            else {"DeleteMessage": "True"}
        )
        stay.rule(
            case.pick("News", "Shop", "Webinar", "Ads") + str(number),
            From=f"promo{number}@shop.example",
            **what,
        )


def clean_up(case: Case) -> None:
    """A mailbox that is full is emptied: thousands of old messages, some about payment and security."""
    stay = case.own(case.day, case.r.uniform(9, 15), client=case.victim.desk)
    subjects = [
        *case.firm.culture.subjects,
        *case.firm.culture.subjects,
        *case.firm.culture.money,
        "Security alert",
    ]
    for _ in range(case.r.randrange(20, 50)):
        stay.delete(
            [case.r.choice(subjects) for _ in range(30)],
            operation=case.pick("SoftDelete", "HardDelete"),
            folder=case.r.choice((0, 1, 2)),
        )


def mass_mailing(case: Case) -> None:
    """Marketing invites some hundred customers by ordinary mail."""
    stay = case.own(case.day, case.r.uniform(9, 14), client=case.victim.desk)
    subject = case.pick(*case.firm.culture.subjects)
    for _ in range(case.r.randrange(60, 200)):
        stay.send(subject)


def payment_rules(case: Case) -> None:
    """An accountant sorts payment mail by rules, and writes about payment all day."""
    stay = case.own(case.day, case.r.uniform(8, 16))
    for word in case.firm.culture.words:
        stay.rule(word.title(), SubjectContainsWords=word, MoveToFolder=word.title())
    for _ in range(5):
        stay.send(case.money())


def migration(case: Case) -> None:
    """A migration tool signs in as everybody with ROPC from a server and copies mailboxes by EWS."""
    spot = case.somewhere(HOSTING)
    at = case.at(case.day, 20)
    for person in case.firm.people:
        stay = case.enter(spot, LEGACY_IMAP, at, who=person)
        stay.sign_in().read(1, sync=True, info="Client=WebServices;MigrationTool/12.4").read(
            1, sync=True, folder=1
        )
        at = stay.at + timedelta(minutes=3)


def pen_test(case: Case) -> None:
    """An announced test: passwords are sprayed from one address for two nights, none is right."""
    spot = case.hosting()
    for day in (case.day, case.day + 1):
        at = case.at(day, 2)
        for person in case.firm.people:
            stay = case.enter(spot, LEGACY_IMAP, at, who=person)
            for _ in range(case.r.randrange(2, 6)):
                stay.sign_in(error=50126, reason="InvalidUserNameOrPassword")
            at = stay.at


def admin_consent(case: Case) -> None:
    """The administrator lets everybody use a known application."""
    stay = case.own(case.day, case.r.uniform(9, 16))
    app, scopes = case.r.choice(
        (
            ("Zoom", "Calendars.ReadWrite User.Read"),
            ("HubSpot Sales", "Mail.ReadWrite Mail.Send User.Read"),
            ("DocuSign", "User.Read Files.Read.All"),
        )
    )
    stay.consent(app, ZOOM, f"openid profile offline_access {scopes}", admin=True)


def helpdesk_enrollment(case: Case) -> None:
    """A forgotten password and a new telephone: reset by the help desk, enrolled again at the desk."""
    desk = case.own(case.day, case.r.uniform(9, 15), who=case.administrator)
    desk.directory("Reset user password.", case.victim)
    stay = case.own(case.day, 9)
    stay.at = desk.wait(3, 30).at
    stay.sign_in(error=50055, reason="InvalidPasswordExpiredPassword")
    stay.directory("Change user password.", case.victim)
    stay.sign_in(factor="Text message")
    stay.security_info("registered").security_info("deleted")


def leave_taken_over(case: Case) -> None:
    """Parental leave: a colleague gets the mailbox, and mail is forwarded to them."""
    cover = case.involve(case.colleague())
    admin = case.own(case.day, case.r.uniform(9, 15), who=case.administrator)
    admin.cmdlet(
        "Add-MailboxPermission",
        of=case.victim.upn,
        Identity=case.victim.upn,
        User=cover.upn,
        AccessRights="FullAccess",
    )
    admin.cmdlet(
        "Set-Mailbox",
        of=case.victim.upn,
        Identity=case.victim.upn,
        ForwardingAddress=cover.upn,
        DeliverToMailboxAndForward="True",
    )
    for day in range(case.day + 1, DAYS):
        if day % 7 < 5:
            case.own(day, 11, who=cover, client=cover.desk).read(10, owner=case.victim)


def _on_leave(case: Case) -> None:
    case.victim.away.update(range(case.day + 1, DAYS))


def failed_spray(case: Case) -> None:
    """For nights on end passwords are guessed from all over the world; accounts lock, nobody gets in."""
    for day in range(case.day - 2, case.day + 2):
        for number in range(case.r.randrange(4, 12)):
            stay = case.enter(case.stranger(), LEGACY_IMAP, case.at(day, 1 + number / 4))
            stay.sign_in(
                error=50126 if number < 5 else 50053,
                reason="InvalidUserNameOrPassword" if number < 5 else "IdsLocked",
            )


def blocked_consent(case: Case) -> None:
    """Somebody tries to consent to an application; the policy does not let them."""
    stay = case.own(case.day, case.r.uniform(9, 17))
    stay.consent(case.pick("Mail Merge", "PDF Tool"), new_id(case.r), "Mail.Read offline_access", failed=True)


def crm_sync(case: Case) -> None:
    """A customer database that the salesperson connected long ago reads and sends mail from a cloud."""
    app_id = new_id(case.r)
    case.own(6, 11).consent("Pipedrive", app_id, "Mail.ReadWrite Mail.Send offline_access User.Read")
    spot = case.somewhere(HOSTING)
    for day in range(7, DAYS):
        stay = case.enter(spot, case.victim.browser, case.at(day, case.r.uniform(6, 20)))
        stay.read(case.r.randrange(5, 30), app_id=app_id, info="Client=REST;;")


def private_forwarding_of_some(case: Case) -> None:
    """Train tickets are forwarded to the private address by a rule made at home."""
    stay = case.own(case.day, case.r.uniform(18, 21), home=True)
    stay.sign_in(factor=REMEMBERED)
    stay.rule("Tickets", From="booking@rail.example", ForwardTo=f"{case.victim.upn.split('@')[0]}@gmail.com")


def administrators_day(case: Case) -> None:
    """Roles, mailbox rights, a disclaimer and a shared mailbox, by PowerShell from the office."""
    stay = case.own(case.day, case.r.uniform(8, 15), client=POWERSHELL)
    stay.sign_in(factor=FACTOR)
    other = case.colleague()
    stay.cmdlet("New-Mailbox", of=f"info@{case.firm.domain}", Name="info", Shared="True")
    stay.cmdlet(
        "Add-MailboxPermission",
        of=f"info@{case.firm.domain}",
        Identity=f"info@{case.firm.domain}",
        User=other.upn,
        AccessRights="FullAccess",
    )
    stay.cmdlet(
        "New-TransportRule", of="Disclaimer", Name="Disclaimer", ApplyHtmlDisclaimerText=case.firm.name
    )
    if case.chance(0.6):
        stay.directory("Add member to role.", other, ("Role.DisplayName", "", "Teams Administrator"))
    stay.directory("Reset user password.", other)


def backup_application(case: Case) -> None:
    """A backup service, let in by the administrator long ago, reads every mailbox at night."""
    app_id = new_id(case.r)
    case.own(5, 10, who=case.administrator).consent(
        "Mailbox Backup", app_id, "Mail.Read full_access_as_app", admin=True
    )
    spot = case.somewhere(HOSTING)
    for day in range(6, DAYS):
        stay = case.enter(spot, case.victim.desk, case.at(day, 2))
        stay.read(case.r.randrange(20, 90), app_id=app_id, info="Client=WebServices;Backup/7.1")


def new_laptop(case: Case) -> None:
    """A new laptop: the device is registered at the office, another browser is used from then on."""
    person = case.victim
    laptop = Device(new_id(case.r), f"NEW-{case.r.randrange(100, 999)}", managed=person.laptop.managed)
    first = case.own(case.day, case.r.uniform(9, 12))
    first.device = laptop
    first.sign_in(factor=FACTOR)
    first.directory("Add device.", person).directory("Add registered owner to device.", person)
    for day in range(case.day + 1, DAYS):
        if day % 7 < 5:
            again = case.own(day, 9.5, client=FIREFOX, home=case.chance(0.5))
            again.device, again.session = laptop, new_id(case.r)
            again.sign_in(factor=REMEMBERED).read(4)


def shared_mailbox_changes_hands(case: Case) -> None:
    """A shared mailbox gets a new keeper; the administrator gives rights and takes others away."""
    stay = case.own(case.day, case.r.uniform(9, 16), client=POWERSHELL)
    stay.sign_in(factor=FACTOR)
    box = f"sales@{case.firm.domain}"
    old, new = case.colleague(), case.colleague()
    stay.cmdlet("Add-MailboxPermission", of=box, Identity=box, User=new.upn, AccessRights="FullAccess")
    stay.cmdlet("Add-RecipientPermission", of=box, Identity=box, Trustee=new.upn, AccessRights="SendAs")
    stay.cmdlet("Remove-MailboxPermission", of=box, Identity=box, User=old.upn, AccessRights="FullAccess")


LOOK_ALIKES: Final = (
    Script(
        "backup-application",
        Truth.LOOK_ALIKE,
        "A backup service reads every mailbox at night",
        backup_application,
        role="executive",
    ),
    Script("new-laptop", Truth.LOOK_ALIKE, "New laptop, other browser", new_laptop, role="accountant"),
    Script(
        "shared-mailbox-changes-hands",
        Truth.LOOK_ALIKE,
        "Rights on a shared mailbox are given and taken",
        shared_mailbox_changes_hands,
        role="administrator",
    ),
    Script(
        "assistant-as-delegate",
        Truth.LOOK_ALIKE,
        "An assistant gets the executive's mailbox",
        assistant_as_delegate,
        role="executive",
    ),
    Script("vacation", Truth.LOOK_ALIKE, "Automatic reply, and mail to a colleague", vacation),
    Script("newsletter-rules", Truth.LOOK_ALIKE, "Rules against newsletters", newsletter_rules),
    Script(
        "clean-up",
        Truth.LOOK_ALIKE,
        "Thousands of old messages purged at the desk",
        clean_up,
        role="executive",
    ),
    Script(
        "mass-mailing",
        Truth.LOOK_ALIKE,
        "An invitation to some hundred customers",
        mass_mailing,
        role="marketing",
    ),
    Script(
        "payment-rules",
        Truth.LOOK_ALIKE,
        "An accountant sorts payment mail",
        payment_rules,
        role="accountant",
    ),
    Script("migration", Truth.LOOK_ALIKE, "A migration tool copies every mailbox", migration),
    Script(
        "pen-test", Truth.LOOK_ALIKE, "An announced password spray without success", pen_test, role="sales"
    ),
    Script(
        "admin-consent",
        Truth.LOOK_ALIKE,
        "A known application for everybody",
        admin_consent,
        role="administrator",
    ),
    Script(
        "helpdesk-enrollment",
        Truth.LOOK_ALIKE,
        "Reset by the help desk and enrolled at the desk",
        helpdesk_enrollment,
    ),
    Script(
        "leave-taken-over",
        Truth.LOOK_ALIKE,
        "A colleague takes over during parental leave",
        leave_taken_over,
        _on_leave,
        "personnel",
    ),
    Script(
        "failed-spray",
        Truth.LOOK_ALIKE,
        "Guessed passwords, none of them right",
        failed_spray,
        role="accountant",
    ),
    Script("blocked-consent", Truth.LOOK_ALIKE, "A consent that the policy refused", blocked_consent),
    Script(
        "crm-sync", Truth.LOOK_ALIKE, "A customer database reads mail from a cloud", crm_sync, role="sales"
    ),
    Script(
        "tickets-forwarded",
        Truth.LOOK_ALIKE,
        "Tickets forwarded to the private address",
        private_forwarding_of_some,
    ),
    Script(
        "administrators-day",
        Truth.LOOK_ALIKE,
        "An administrator's ordinary day",
        administrators_day,
        role="administrator",
    ),
)
