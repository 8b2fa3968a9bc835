"""What `compromise init` made in a tenant, kept in a file beside the settings, so that it can be taken back.

A thing is noted before it is made, so that one made by a run that was cut off is known as ours, and again
once it was seen.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from bot.errors import SettingsError

FILE: Final = "registered.json"
_FORM: Final = 1

APPLICATION: Final = "registration"
PRINCIPAL: Final = "service principal"
EXCHANGE_PRINCIPAL: Final = "service principal in Exchange"
MANAGEMENT_ROLE: Final = "management role in Exchange"
EXCHANGE_GROUP: Final = "role group in Exchange"
PURVIEW_PRINCIPAL: Final = "service principal in Purview"
PURVIEW_GROUP: Final = "role group in Purview"


@dataclass(frozen=True, slots=True)
class Made:
    """One thing that was made.

    Attributes:
        kind: What it is.
        key: What it is found by again: a tag, an application id or a name.
        id: Its object id, "" until it was seen.
        at: When it was begun (ISO 8601).
        whose: The application id that its description names, "" where it has no description.
        name: What people were told of it, without "the"; "" in a file of an older version.
    """

    kind: str
    key: str
    id: str
    at: str
    whose: str = ""
    name: str = ""

    @property
    def called(self) -> str:
        """What people are told of it."""
        return self.name or f"{self.kind} {self.key}"


class Record:
    """The file. Written anew with every change, readable by its owner alone.

    Args:
        folder: Where it lies.
        tenant: The id of the tenant.
        clock: Tells the time (aware UTC).

    Raises:
        SettingsError: the file cannot be read, or is about another tenant.
    """

    def __init__(self, folder: Path, tenant: str, clock: Callable[[], datetime]) -> None:
        self._path = folder / FILE
        self._clock = clock
        self.tenant, self.made = _read(self._path)
        if self.tenant and tenant and self.tenant != tenant:
            says = f"{self._path} is about the tenant {self.tenant}, and this sign-in was to {tenant}."
            raise SettingsError([f"{says} Choose another folder with --folder, or sign in to that tenant."])
        self.tenant = tenant or self.tenant

    @property
    def known(self) -> bool:
        """Whether an earlier run has been here."""
        return self._path.exists()

    def open(self) -> None:
        """Begin the file, so that a run that is cut off can be told from somebody else's files."""
        if not self.known:
            self._write()

    def begin(self, kind: str, key: str, whose: str = "", name: str = "") -> None:
        """Note that something is about to be made; a second time changes nothing."""
        if self._place(kind, key) is None:
            at = self._clock().isoformat(timespec="seconds")
            self.made.append(Made(kind, key, "", at, whose, name))
            self._write()

    def seen(self, kind: str, key: str, object_id: str) -> None:
        """Note the id of something that was begun; what was there before is not ours and is not noted."""
        place = self._place(kind, key)
        if place is not None and self.made[place].id != object_id:
            self.made[place] = replace(self.made[place], id=object_id)
            self._write()

    def gone(self, made: Made) -> None:
        """Note that something was taken back; the file goes with the last of it."""
        self.made.remove(made)
        if self.made:
            self._write()
        else:
            self._path.unlink(missing_ok=True)

    def _place(self, kind: str, key: str) -> int | None:
        places = (place for place, one in enumerate(self.made) if (one.kind, one.key) == (kind, key))
        return next(places, None)

    def _write(self) -> None:
        told = {"form": _FORM, "tenant": self.tenant, "made": [asdict(one) for one in self.made]}
        beside = self._path.with_name(f".{FILE}.new")
        beside.unlink(missing_ok=True)
        with os.fdopen(
            os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
        ) as file:
            file.write(json.dumps(told, indent=2) + "\n")
        beside.replace(self._path)


def _read(path: Path) -> tuple[str, list[Made]]:
    """The tenant and what was made, ("", []) where there is no file."""
    try:
        told: Any = json.loads(path.read_text(encoding="utf-8"))
        if told["form"] != _FORM:
            raise SettingsError([f"{path} was written by another version of compromise-bot."])
        return str(told["tenant"]), [Made(**one) for one in told["made"]]
    except FileNotFoundError:
        return "", []
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SettingsError([f"{path} cannot be read as what `compromise init` wrote."]) from error
