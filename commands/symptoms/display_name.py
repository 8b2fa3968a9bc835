"""The display name in the global address list was changed.

Source: Microsoft's document, symptom 4; directory audit activity "Update user"; cmdlets Set-User and
Set-Mailbox.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Final

from commands.clues.phrases import Plain, group
from commands.clues.records import (
    Changed,
    Doer,
    changed_properties,
    doer_of,
    done,
    found,
    is_about,
    merged,
    one_line,
    whence,
)
from commands.report import Finding, Sign, weighed
from commands.sentence import sentence, thing
from commands.usual import Usual
from graph.evidence import Evidence

TITLE = "The user’s display name was changed in the Global Address List"
SOURCE = "symptom 4"
NEEDS = (("directory_audits_on_user", "audit_log"),)
HELPS = ("user", "audit_log_on_mailbox", "directory_audits_by_user")

BY_SUSPECT = weighed("display_name_changed_from_suspect_address")
LOOK_ALIKE = weighed("display_name_look_alike")
POSES = weighed("display_name_poses_as_office")
UNFAMILIAR = weighed("display_name_changed_from_new_address")
UNPLACED = weighed("display_name_changed_by_user")
ORDINARY = weighed("display_name_changed")
SIGNS = (BY_SUSPECT, LOOK_ALIKE, POSES, UNFAMILIAR, UNPLACED, ORDINARY)

_ID: Final = "display_name"
_ACCOUNTS: Final = frozenset({"update user", "set-user", "set-mailbox", "set-mailuser", "update profile"})
"""Operations that change an account also where the record does not say whose."""


def detect(evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    """Yield each change of the display name, and a name in force that is made to deceive."""
    records = [
        record
        for record in done(evidence)
        if is_about(record, evidence.subject)
        # Applications, groups and policies have display names as well, and no account that owns them.
        and (record.owner or record.operation.casefold() in _ACCOUNTS)
    ]
    changes = merged(
        ("displayname", old, new, record)
        for name, old, new, record in changed_properties(records)
        if name.casefold() == "displayname" and new
    )
    for change in changes:
        sign = _grade(change, evidence, usual)
        if sign is not None:
            old = f"from “{one_line(change.old)}” " if change.old else ""
            new = sentence("to “", thing(one_line(change.new)), "”")
            yield found(
                _ID,
                sign,
                sentence(f"The display name was changed {old}", new, whence(change.record, usual)),
                change.record,
                before=change.old,
                after=change.new,
                records=change.records,
            )
    user = evidence.user.seen(None)
    if (
        user is not None
        and looks_alike(user.display_name)
        and not any(c.new == user.display_name for c in changes)
    ):
        yield Finding(
            symptom=_ID,
            sign=LOOK_ALIKE,
            summary=f"The display name “{one_line(user.display_name)}” mixes two alphabets",
            after=user.display_name,
            records=(user.id,),
        )


def _grade(change: Changed, evidence: Evidence, usual: Usual) -> Sign | None:
    doer = doer_of(change.record, evidence.subject, usual)
    if doer is Doer.SUSPECT:
        return BY_SUSPECT
    if looks_alike(change.new):
        return LOOK_ALIKE
    if doer in (Doer.SERVICE, Doer.OTHER):
        return None if doer is Doer.SERVICE else ORDINARY
    if _is_official(change.new) and not _is_official(change.old):
        return POSES
    return {Doer.UNFAMILIAR: UNFAMILIAR, Doer.UNPLACED: UNPLACED}.get(doer, ORDINARY)


def _is_official(name: str) -> bool:
    """Say whether a name is that of an office or a service."""
    return group("official_name").is_in(Plain.of(name))


def looks_alike(name: str) -> bool:
    """Say whether a name holds invisible signs, or a word with letters of two alphabets."""
    if any(unicodedata.category(letter) == "Cf" for letter in name):
        return True
    return any(
        len({_script(letter) for letter in word if letter.isalpha()} & _MIXABLE) > 1 for word in name.split()
    )


_MIXABLE: Final = frozenset({"LATIN", "CYRILLIC", "GREEK"})


def _script(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]
