"""Who may open a mailbox or a folder, or send from it."""

from __future__ import annotations

from sandbox.scenarios.state import Json, Mailbox
from sandbox.tenant.cmdlets.common import alias, append, drop, must_exist, person, set_values
from sandbox.tenant.exchange import Invocation
from sandbox.tenant.problems import CmdletError, object_not_found
from sandbox.tenant.traces import exchange_trace


def permissions(mailbox: Mailbox) -> list[Json]:
    """Show who may open a mailbox."""
    self_entry = {
        "Identity": alias(mailbox),
        "User": "NT AUTHORITY\\SELF",
        "AccessRights": ["FullAccess", "ReadPermission"],
        "IsInherited": False,
        "Deny": False,
        "InheritanceType": "All",
    }
    inherited = {**self_entry, "User": "CONTOSO\\Organization Management", "IsInherited": True}
    rows = [self_entry, inherited, *mailbox.permissions]
    # Several rights come as one text. Source: CAPTURE mailbox delegation.
    return [{**row, "AccessRights": [", ".join(row["AccessRights"])]} for row in rows]


def recipient_permissions(mailbox: Mailbox) -> list[Json]:
    """Show who may send as a mailbox."""
    self_entry = {
        "Identity": alias(mailbox),
        "Trustee": "NT AUTHORITY\\SELF",
        "AccessControlType": "Allow",
        "AccessRights": ["SendAs"],
        "IsInherited": False,
    }
    return [self_entry, *mailbox.recipient_permissions]


def split_folder(call: Invocation) -> tuple[Mailbox, str]:
    r"""Mailbox and folder path of an identity like ``user:\Calendar``. Raises CmdletError 404."""
    identity = call.required("Identity")
    owner, _, folder = identity.partition(":")
    mailbox = call.state.mailbox(owner)
    name = folder.strip("\\")
    if mailbox is None or (name and name not in {"Calendar", "Contacts"} and not _has_folder(mailbox, name)):
        raise object_not_found(identity)
    return mailbox, "\\" + name


def _has_folder(mailbox: Mailbox, name: str) -> bool:
    return any(mailbox.folder_path(folder["id"]) == "\\" + name for folder in mailbox.folders)


def get_folder_permission(call: Invocation) -> list[Json]:
    """Who may do what with one folder."""
    mailbox, path = split_folder(call)
    calendar = path == "\\Calendar"
    standard = [
        {"User": "Default", "AccessRights": ["AvailabilityOnly" if calendar else "None"]},
        {"User": "Anonymous", "AccessRights": ["None"]},
    ]
    rows = mailbox.folder_permissions.get(path, [])
    named = {row["User"] for row in rows}
    base = {"FolderName": path.strip("\\") or "Top of Information Store", "SharingPermissionFlags": None}
    identity = f"{alias(mailbox)}:{path}"
    return [{"Identity": identity, **base, **row} for row in standard if row["User"] not in named] + [
        {"Identity": identity, **base, **row} for row in rows
    ]


def get_folder_statistics(call: Invocation) -> list[Json]:
    """All folders with their sizes, those of a type with FolderScope; recoverable ones only so."""
    mailbox = call.mailbox()
    scope = call.text("FolderScope").lower()
    rows = []
    for folder in mailbox.folders:
        path = mailbox.folder_path(folder["id"])
        if path.startswith("\\Recoverable Items") != (scope == "recoverableitems"):
            continue
        inside = [item for item in mailbox.messages if item["parentFolderId"] == folder["id"]]
        rows.append(_folder_row(mailbox, path, str(folder["id"]), len(inside)))
    if not any(row["FolderType"] == "Calendar" for row in rows) and scope != "recoverableitems":
        rows.append(_folder_row(mailbox, "\\Calendar", f"calendar of {alias(mailbox)}", 0))
    every = scope in {"", "all", "recoverableitems"}
    return [row for row in rows if every or row["FolderType"].lower() == scope]


def _folder_row(mailbox: Mailbox, path: str, key: str, items: int) -> Json:
    name = path.rpartition("\\")[2]
    return {
        "Identity": f"{alias(mailbox)}{path}",
        "Name": name,
        "FolderPath": path.replace("\\", "/"),
        "FolderId": key,
        "FolderType": name.replace(" ", ""),
        "ItemsInFolder": items,
        "FolderSize": f"{4 * items} KB ({4096 * items:,} bytes)",
    }


def _entry(call: Invocation, items: list[Json], key: str, who: str) -> Json | None:
    rights, wanted = set(call.many("AccessRights")), person(call.state, who)
    for item in items:
        same = person(call.state, str(item[key])) == wanted
        if same and (not rights or rights & set(item["AccessRights"])):
            return item
    return None


def _take_rights(call: Invocation, items: list[Json], item: Json, object_id: str) -> list[Json]:
    """Take the named rights out of an entry; the entry goes with its last right."""
    left = [right for right in item["AccessRights"] if right not in call.many("AccessRights")]
    if not left or not call.many("AccessRights"):
        return drop(call, items, item, object_id)

    def apply() -> None:
        item["AccessRights"] = left
        exchange_trace(call.state, call.name, object_id, call.parameters)

    call.change(apply)
    return []


def _take_if_there(call: Invocation, entries: list[Json], key: str, owner: str) -> list[Json]:
    who = call.required(key)
    item = _entry(call, entries, key, who)
    if item is None:
        call.warnings.append(f"Can't remove the access control entry on '{owner}' for '{who}': not present.")
        return []
    return _take_rights(call, entries, item, owner)


def _give(call: Invocation, entries: list[Json], key: str, owner: str, more: Json) -> list[Json]:
    """Give somebody the named rights; who has one of them already gets a warning and nothing else."""
    who = call.required(key)
    must_exist(call, who)
    if _entry(call, entries, key, who) is not None:
        call.warnings.append("The appropriate access control entry is already present.")
        return []
    item = {
        "Identity": owner,
        key: who,
        "AccessRights": call.many("AccessRights"),
        "IsInherited": False,
        **more,
    }
    return append(call, entries, item, owner)


def remove_permission(call: Invocation) -> list[Json]:
    """Take a mailbox right away; a missing one gives only a warning."""
    mailbox = call.mailbox()
    return _take_if_there(call, mailbox.permissions, "User", alias(mailbox))


def add_permission(call: Invocation) -> list[Json]:
    """Give a mailbox right."""
    mailbox = call.mailbox()
    more = {"Deny": False, "InheritanceType": call.text("InheritanceType") or "All"}
    return _give(call, mailbox.permissions, "User", alias(mailbox), more)


def remove_recipient_permission(call: Invocation) -> list[Json]:
    """Take the right to send as someone away; a missing one gives only a warning."""
    mailbox = call.mailbox()
    return _take_if_there(call, mailbox.recipient_permissions, "Trustee", alias(mailbox))


def add_recipient_permission(call: Invocation) -> list[Json]:
    """Give the right to send as someone."""
    mailbox = call.mailbox()
    more = {"AccessControlType": "Allow"}
    return _give(call, mailbox.recipient_permissions, "Trustee", alias(mailbox), more)


def _folder_entry(call: Invocation, *, must: bool) -> tuple[Mailbox, str, list[Json], Json | None]:
    mailbox, path = split_folder(call)
    who = call.required("User")
    items = mailbox.folder_permissions.setdefault(path, [])
    # Entries show display names, but User takes none. Source: PS Remove-MailboxFolderPermission, User.
    holder = call.state.mailbox(who)
    wanted = alias(holder).lower() if holder else ("" if "@" in who else who.lower())
    everybody = {"default", "anonymous"}
    item = next(
        (
            row
            for row in items
            if person(call.state, str(row["User"])) == wanted and (holder or wanted in everybody)
        ),
        None,
    )
    if must and item is None:
        message = f"There is no existing permission entry found for user: {who}."
        raise CmdletError(
            404, "NotFound", "Management.StoreTasks.UserNotFoundInPermissionEntryException", message
        )
    return mailbox, path, items, item


def remove_folder_permission(call: Invocation) -> list[Json]:
    """Take rights on a folder away."""
    mailbox, path, items, item = _folder_entry(call, must=True)
    assert item is not None
    return drop(call, items, item, f"{alias(mailbox)}:{path}")


def add_folder_permission(call: Invocation) -> list[Json]:
    """Give rights on a folder; refused where the user has some already."""
    mailbox, path, items, item = _folder_entry(call, must=False)
    if item is not None:
        message = f"An existing permission entry was found for user: {item['User']}."
        raise CmdletError(
            400, "BadRequest", "Management.StoreTasks.UserAlreadyExistsInPermissionEntryException", message
        )
    must_exist(call, call.required("User"))
    # Exchange shows the holder's display name, whatever the name was that gave the right.
    holder = call.state.mailbox(call.required("User"))
    shown = str(holder.properties["DisplayName"]) if holder else call.required("User")
    row = {"User": shown, "AccessRights": call.many("AccessRights")}
    return append(call, items, row, f"{alias(mailbox)}:{path}")


def set_folder_permission(call: Invocation) -> list[Json]:
    """Change rights on a folder; Default and Anonymous always have an entry."""
    mailbox, path, items, item = _folder_entry(call, must=call.text("User") not in {"Default", "Anonymous"})
    rights = call.many("AccessRights")
    if item is None:
        row = {"User": call.text("User"), "AccessRights": rights}
        return append(call, items, row, f"{alias(mailbox)}:{path}")
    return set_values(call, item, "AccessRights", f"{alias(mailbox)}:{path}")
