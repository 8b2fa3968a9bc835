"""The files that settings are read from: one with everything, and a folder with one for each tenant."""

from __future__ import annotations

import os
import re
import stat
import tomllib
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from bot.errors import SettingsError

OTHERS: Final = stat.S_IROTH | stat.S_IWOTH
"""Everyone on the machine. The group may read: the service's is how it gets at a file of root's."""

_PASSWORD_IN_ADDRESS: Final = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#@\s:]*:[^/?#\s]+@")


def read_file(path: Path, secret_keys: Collection[str]) -> dict[str, Any]:
    """Read a file of settings.

    Args:
        path: The file.
        secret_keys: The last part of every key whose value is a secret.

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
    secrets = sorted(_secrets_in(values, secret_keys)) if mode & OTHERS else []
    if secrets:
        held = ", ".join(secrets)
        told = f"{path}: others on this machine can read it, and it has {held}; run chmod 600 on it, and"
        raise SettingsError([f"{told} replace these: they may be exposed."])
    return values


def read_folder(folder: Path, secret_keys: Collection[str]) -> tuple[tuple[Path, dict[str, Any]], ...]:
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
            read.append((path, read_file(path, secret_keys)))
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


def same(name: str) -> str:
    """Give what names have in common that people take for the same one."""
    return unicodedata.normalize("NFKC", name).casefold().strip()


def exposed_to_others(path: Path) -> str:
    """Say that others may read or change a file or a folder of settings; "" where not.

    Whoever may change it names the approvers.
    """
    try:
        mode = path.stat().st_mode & OTHERS
    except OSError:
        return ""  # there is none, or whoever loads it says why it cannot be read
    may = " and ".join(word for word, bit in (("read", stat.S_IROTH), ("change", stat.S_IWOTH)) if mode & bit)
    number = 750 if path.is_dir() else 640
    return f"{path}: others on this machine can {may} it; run chmod {number} on it." if may else ""


def _secrets_in(values: Mapping[str, Any], secret_keys: Collection[str], above: str = "") -> Iterator[str]:
    """Give the keys under which a secret stands in the file, a password in an address among them."""
    for name, value in values.items():
        for inner in value if isinstance(value, list) else (value,):
            if isinstance(inner, Mapping):
                yield from _secrets_in(inner, secret_keys, f"{above}{name}.")
            elif name in secret_keys or (isinstance(inner, str) and _PASSWORD_IN_ADDRESS.match(inner)):
                yield f"{above}{name}"
