"""The files that settings are read from: one with everything, and a folder with one for each tenant."""

from __future__ import annotations

import os
import re
import stat
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr

from bot.errors import SettingsError
from bot.settings.sections import AlertSettings, SiemSettings, SlackSettings, Tenant, TicketSettings
from bot.settings.values import same
from bot.settings.whole import Settings
from graph.settings import RemediateSettings

FILE_NAME = "compromise.toml"
SECRETS: Final = "secrets.env"
"""Holds the tokens as variables, one a line, as systemd, containers and shells read them."""

_OTHERS: Final = stat.S_IROTH | stat.S_IWOTH
"""Everyone on the machine. The group may read: the service's is how it gets at a file of root's."""

_PASSWORD_IN_ADDRESS: Final = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#@\s:]*:[^/?#\s]+@")


_SECRET_KEYS: Final = frozenset(
    name
    for model in (
        Settings,
        SlackSettings,
        Tenant,
        RemediateSettings,
        AlertSettings,
        SiemSettings,
        TicketSettings,
    )
    for name, field in model.model_fields.items()
    if SecretStr.__name__ in repr(field.annotation)
)
"""The last part of every key whose value is a secret."""


def read_file(path: Path) -> dict[str, Any]:
    """Read a file of settings.

    Args:
        path: The file.

    Raises:
        SettingsError: it cannot be read, is not TOML, or holds a secret that others on the machine can read.
    """
    try:
        with path.open("rb") as file:
            # Of the open file: another one could be put in its place in between.
            mode = os.fstat(file.fileno()).st_mode
            # Windows editors begin a text with a byte-order mark, which TOML does not know.
            values = tomllib.loads(file.read().decode("utf-8-sig"))
    except OSError as error:
        raise SettingsError([f"{path}: cannot be read ({error.strerror})."]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError([f"{path}: is not TOML ({error})."]) from error
    secrets = sorted(_secrets_in(values)) if mode & _OTHERS else []
    if secrets:
        held = ", ".join(secrets)
        told = f"{path}: others on this machine can read it, and it has {held}; run chmod 600 on it, and"
        raise SettingsError([f"{told} replace these: they may be exposed."])
    return values


def read_folder(folder: Path) -> tuple[tuple[Path, dict[str, Any]], ...]:
    """Read the files of a folder, one tenant each, in the order of their names.

    Files whose name begins with a dot are an editor's, and are passed over.

    Raises:
        SettingsError: the folder cannot be read, or some of its files cannot; with a line for each.
    """
    try:
        found = sorted(one for one in folder.iterdir() if one.suffix == ".toml" and one.name[0] != ".")
    except OSError as error:
        raise SettingsError([f"tenants_folder: {folder} cannot be read ({error.strerror})."]) from error
    read: list[tuple[Path, dict[str, Any]]] = []
    problems: list[str] = []
    for path in found:
        try:
            read.append((path, read_file(path)))
        except SettingsError as error:
            problems += error.problems
    if problems:
        raise SettingsError(problems)
    return tuple(read)


def twice(tenants: Sequence[tuple[str, Mapping[str, Any]]]) -> Iterator[str]:
    """Say which tenants have the name or the id of another one.

    Args:
        tenants: Where each stands, and what stands there.
    """
    for key in ("name", "tenant_id"):
        known: dict[str, str] = {}
        for where, values in tenants:
            value = values.get(key)
            if not isinstance(value, str):
                continue
            first = known.setdefault(same(value), where)
            if first != where:
                yield f"{where}{key}: {value} is already the {_CALLED[key]} of another tenant ({first})."


_CALLED: Final = {"name": "name", "tenant_id": "ID"}


def exposed_to_others(path: Path) -> str:
    """Say that others may read or change a file or a folder of settings; "" where not.

    Whoever may change it names the approvers.
    """
    try:
        mode = path.stat().st_mode & _OTHERS
    except OSError:
        return ""  # there is none, or whoever loads it says why it cannot be read
    may = " and ".join(word for word, bit in (("read", stat.S_IROTH), ("change", stat.S_IWOTH)) if mode & bit)
    number = 750 if path.is_dir() else 640
    return f"{path}: others on this machine can {may} it; run chmod {number} on it." if may else ""


def _secrets_in(values: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """Give the keys under which a secret stands in the file, a password in an address among them."""
    for name, value in values.items():
        for inner in value if isinstance(value, list) else (value,):
            if isinstance(inner, Mapping):
                yield from _secrets_in(inner, f"{above}{name}.")
            elif name in _SECRET_KEYS or (isinstance(inner, str) and _PASSWORD_IN_ADDRESS.match(inner)):
                yield f"{above}{name}"


def exposed(path: Path | None, folder: Path | None = None) -> list[str]:
    """Say which files of settings others may read or change, and whether the file of variables is one.

    Args:
        path: The file, or None for ``compromise.toml`` in this folder.
        folder: The folder with a file for each tenant.
    """
    files = [path or Path(FILE_NAME)]
    if folder is not None:
        files += [folder, *sorted(folder.glob("*.toml"))]
    says = [one for one in map(exposed_to_others, files) if one]
    secrets = files[0].with_name(SECRETS)
    if exposed_to_others(secrets):
        says.append(
            f"{secrets}: others on this machine can read or change it, and it has Slack's tokens; "
            "run chmod 600 on it, and replace them: they may be exposed."
        )
    return says


def exposed_keys(settings: Settings) -> list[str]:
    """Say which files with a private key others may read or change; a key alone is enough to sign in."""
    holders = [holder for tenant in settings.tenants for holder in (tenant, tenant.remediate) if holder]
    files = dict.fromkeys(holder.certificate for holder in holders if holder.certificate)
    return [
        (
            f"{file}: others on this machine may read or change this private key; run chmod 600 on "
            "it, and replace the certificate: someone may have the key."
        )
        for file in files
        if file.is_file() and file.stat().st_mode & _OTHERS
    ]
