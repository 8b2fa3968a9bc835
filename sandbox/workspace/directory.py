"""The invented workspace: its people, channels and user group.

Keys are the parts that people play in a story, so that a test reads "the approver clicks".
"""

from __future__ import annotations

from .values import Channel, Person, UserGroup

TEAM_ID = "T0CONTOSO1"
OTHER_TEAM_ID = "T0FABRIKAM"
TEAM_DOMAIN = "contoso-example"
TEAM_NAME = "Contoso"
APP_ID = "A0COMPROM1"
BOT_ID = "B0COMPROM1"
BOT_USER_ID = "U0COMPROM1"


def _person(id_: str, name: str, real_name: str, **flags: bool) -> Person:
    return Person(id_, name, real_name, f"{name}@contoso.example", TEAM_ID, **flags)


def people() -> dict[str, Person]:
    """Return everyone but the app's own bot, by the part they play."""
    return {
        "responder": _person("U0MEGANBOW", "megan.bowen", "Megan Bowen"),
        "approver": _person("U0ALEXWILB", "alex.wilber", "Alex Wilber"),
        "second_approver": _person("U0LIDIAHOL", "lidia.holloway", "Lidia Holloway"),
        "subject": _person("U0ADELEVAN", "adele.vance", "Adele Vance"),
        "bystander": _person("U0GRADYARC", "grady.archie", "Grady Archie"),
        "it_admin": _person("U0NESTORWI", "nestor.wilke", "Nestor Wilke", is_admin=True),
        "isaiah": _person("U0ISAIAHLA", "isaiah.langer", "Isaiah Langer"),
        "pradeep": _person("U0PRADEEPG", "pradeep.gupta", "Pradeep Gupta"),
        "diego": _person("U0DIEGOSIC", "diego.siciliani", "Diego Siciliani"),
        "guest": Person(
            "U0GUESTPAT", "pat.guest", "Pat Guest", "pat.guest@guests.example", TEAM_ID, is_restricted=True
        ),
        "external": Person(
            "U0EXTERNJO", "jordan.frey", "Jordan Frey", "jordan.frey@fabrikam.example", OTHER_TEAM_ID
        ),
        "deactivated": _person("U0FORMERJO", "joni.sherman", "Joni Sherman", deleted=True),
        "another_bot": Person(
            "U0OTHERBOT", "calendar-bot", "Calendar Bot", "", TEAM_ID, is_bot=True, is_email_confirmed=False
        ),
    }


def channels(who: dict[str, Person]) -> dict[str, Channel]:
    """Return the channels by name."""
    responders = {who[part].id for part in ("responder", "approver", "second_approver")}
    staff = {p.id for p in who.values() if p.team_id == TEAM_ID and not (p.deleted or p.is_restricted)}
    desk = responders | {who["it_admin"].id, who["bystander"].id}
    return {
        "incident-room": Channel(
            "C0INCIDENT", "incident-room", frozenset(responders | {BOT_USER_ID}), is_private=True
        ),
        "general": Channel("C0GENERAL1", "general", frozenset(staff)),
        "security-alerts": Channel("C0SECALERT", "security-alerts", frozenset(desk | {BOT_USER_ID})),
        "board": Channel("C0BOARDROM", "board", frozenset({who["diego"].id}), is_private=True),
        "with-fabrikam": Channel(
            "C0FABRIKAM",
            "with-fabrikam",
            frozenset({who["responder"].id, who["guest"].id, who["external"].id, BOT_USER_ID}),
            is_shared=True,
        ),
        "old-incidents": Channel(
            "C0OLDCASES", "old-incidents", frozenset(responders | {BOT_USER_ID}), is_archived=True
        ),
    }


def user_groups(who: dict[str, Person]) -> dict[str, UserGroup]:
    """Return the user groups by handle."""
    members = tuple(who[part].id for part in ("responder", "approver", "second_approver"))
    return {
        "incident-responders": UserGroup("S0RESPONDE", "incident-responders", "Incident responders", members)
    }
