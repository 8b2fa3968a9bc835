"""How `compromise init` makes one thing in a tenant and takes it back: looked for, made, seen and recorded.

Everything has a name, a tag or an id of its own, is looked for before it is made, and is looked for again
afterwards, so a run that was cut off can be repeated and makes only what is lacking.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from bot.errors import BotError
from bot.setup.made import Made, Record
from graph.effects import Item
from graph.errors import Broken, GraphError, InDoubt, NoPermission, NotFound, Refused, Throttled
from graph.limits import Deadline
from graph.request import Cmdlet, Request

_WHO_MAY: Final = (
    "Sign in as a Global Administrator, or as someone who is Privileged Role Administrator and Exchange "
    "Administrator."
)
_GO_ON: Final = "Run compromise init again: it continues where it stopped."
_CUSTOMIZE: Final = "Enable-OrganizationCustomization"


class Asks(Protocol):
    """What is asked of an administrator's connection."""

    def fetch(self, what: Request | Cmdlet, deadline: Deadline) -> list[Item]:
        """Send one request or cmdlet and give back its items."""


class NotRegistered(BotError):
    """Something could not be made or taken back; the sentence says why, and what to do next."""


@dataclass(frozen=True, slots=True)
class Waits:
    """How long to wait for Microsoft, in seconds.

    Attributes:
        total: For one thing to be made and seen; what was just made takes a while to be known everywhere.
        pause: Between two looks.
    """

    total: float = 180.0
    pause: float = 3.0


class Maker:
    """Makes things in a tenant, one after the other, and takes them back.

    Args:
        asked: The tenant, as the administrator reaches it.
        record: Where it is noted what was made.
        say: Tells the administrator what happened, a line each.
        waits: How long to wait.
    """

    def __init__(self, asked: Asks, record: Record, say: Callable[[str], None], waits: Waits) -> None:
        self._asked = asked
        self.record = record
        self.say = say
        self._waits = waits

    def gone(
        self, made: Made, find: Callable[[], Item | None], request: Callable[[Item], Request | Cmdlet]
    ) -> None:
        """Take back something that was made, and look until it is gone."""
        deadline, sent, why, seen = Deadline(self._waits.total), False, "", False
        while (found := find()) is not None:
            seen = True
            if not sent:
                sent, why = self._send(request(found), f"the {made.called}", deadline)
                if sent:
                    continue
            self._wait(deadline, f"The {made.called} is still there{f': {why}' if why else ''}.")
        self.record.gone(made)
        if seen:
            self.say(f"Removed the {made.called}.")

    def there(
        self,
        kind: str,
        key: str,
        named: str,
        find: Callable[[], Item | None],
        make: Request | Cmdlet,
        *,
        once: bool = False,
        whose: str = "",
    ) -> Item:
        """Find something, or make it and find it then.

        Args:
            kind: How it is recorded; "" for what goes by itself with something else.
            key: What it is found by.
            named: What people are told of it.
            find: Looks for it.
            make: Makes it.
            once: Whether a second one could be made by sending it twice.
            whose: The application id that its description names, by which it is told from others of its name.
        """
        deadline, sent, why = Deadline(self._waits.total), False, ""
        while (found := find()) is None:
            if kind:
                self.record.begin(kind, key, whose, named.removeprefix("the "))
            if not sent:
                sent, why = self._send(make, named, deadline, once=once, note=(kind, key))
                if sent:
                    continue
            self._wait(deadline, f"Could not confirm that {named} exists{f': {why}' if why else ''}.")
        if kind:
            self.record.seen(kind, key, str(found.get("id") or ""))
        self.say(f"{'Created' if sent else 'Already there'}: {named}.")
        return found

    def all_there(
        self,
        named: str,
        wanted: Mapping[Any, str],
        held: Callable[[], set[Any]],
        make: Callable[[Any], Request],
    ) -> None:
        """Make those of many alike that are lacking, until all of them are seen."""
        deadline, sent, why = Deadline(self._waits.total), set[Any](), ""
        began = seen = held()
        while lacking := wanted.keys() - seen:
            for key in wanted:
                if key in lacking and key not in sent:
                    done, why = self._send(make(key), f"{wanted[key]} among the {named}", deadline)
                    sent |= {key} if done else set()
            seen = held()
            if lacking := wanted.keys() - seen:
                names = ", ".join(name for key, name in wanted.items() if key in lacking)
                reason = f": {why}" if why else ""
                self._wait(deadline, f"Could not confirm that these {named} exist: {names}{reason}.")
                seen = held()
        new = [wanted[key] for key in wanted if key not in began]
        self.say(f"{'Created' if new else 'Already there'}: the {named} ({', '.join(wanted.values())}).")

    def _send(
        self,
        what: Request | Cmdlet,
        named: str,
        deadline: Deadline,
        *,
        once: bool = False,
        note: tuple[str, str] = ("", ""),
    ) -> tuple[bool, str]:
        """Send a change. Returns whether it must not be repeated, and the reason if it was refused.

        Raises:
            NotRegistered: it was refused for good.
        """
        try:
            items = self._asked.fetch(what, deadline)
        except InDoubt as error:
            return once, error.sentence
        except (Throttled, Broken) as error:
            return False, error.sentence
        except (Refused, NotFound) as error:
            if _CUSTOMIZE in error.sentence:
                raise NotRegistered(
                    f"Exchange lets no one create {named} before the organization is customized. Run in "
                    f"PowerShell: Connect-ExchangeOnline; {_CUSTOMIZE}. It may take an hour to work. {_GO_ON}"
                ) from error
            # What it rests on may have been made a moment ago, and not be known there yet.
            return False, error.sentence
        except GraphError as error:
            raise _why(error, f"{named} could not be made") from error
        if note[0] and items and items[0].get("id"):
            self.record.seen(*note, str(items[0]["id"]))
        return True, ""

    def _wait(self, deadline: Deadline, why: str) -> None:
        if deadline.left <= self._waits.pause:
            raise NotRegistered(f"{why} {_GO_ON}")
        deadline.sleep(self._waits.pause, "waiting for Microsoft")

    def one(self, what: Request | Cmdlet) -> Item | None:
        """Read the first item of an answer; None where there is none. Raises NotRegistered."""
        return next(iter(self.read(what)), None)

    def read(self, what: Request | Cmdlet) -> list[Item]:
        """Read; what is not found is nothing. Raises NotRegistered."""
        try:
            return self._asked.fetch(what, Deadline(self._waits.total))
        except NotFound:
            return []
        except GraphError as error:
            asked = what.name if isinstance(what, Cmdlet) else what.path
            raise _why(error, f"{asked} could not be read") from error


def _why(error: GraphError, what: str) -> NotRegistered:
    if isinstance(error, NoPermission):
        return NotRegistered(f"{what}: your account may not do that. {_WHO_MAY} {_GO_ON}")
    return NotRegistered(f"{what}: {error.sentence} {_GO_ON}")
