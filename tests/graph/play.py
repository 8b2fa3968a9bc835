"""Plays Microsoft by hand: runs a query, answers what it asks, and notes what it did."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from graph.effects import Asking, Fetch, Reading, Remember, Wait
from graph.errors import GraphError, NoPermission
from graph.question import Question, Subject, Window
from graph.request import Cmdlet, Request
from graph.responses import graph_error
from graph.wire import Reply

NOW = datetime(2026, 9, 14, 12, 0, tzinfo=UTC)
USER_ID = "7c1f0c5e-3b7a-4f52-9d0e-0f6a2b9f41aa"
UPN = "adele.vance@contoso.example"
SUBJECT = Subject(
    id=USER_ID,
    user_principal_name=UPN,
    mail=UPN,
    addresses=(UPN, "adele@contoso.example"),
    display_name="Adele Vance",
)

Answer = Sequence[Mapping[str, Any]] | GraphError
Microsoft = Callable[[Request | Cmdlet], Answer]


@dataclass
class Played:
    """What a query gave, and what it did on the way."""

    value: Any = None
    asked: list[Request | Cmdlet] = field(default_factory=list)
    rounds: list[tuple[Request | Cmdlet, ...]] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)
    remembered: dict[str, str] = field(default_factory=dict)


def a_question(days: float = 14, **more: Any) -> Question:
    """The subject, over the days before now."""
    return Question(SUBJECT, Window(NOW - timedelta(days=days), NOW), **more)


def play(asking: Asking[Any], microsoft: Microsoft, played: Played | None = None) -> Played:
    """Run a query to its end; what it does not catch is raised, and `played` shows how far it came."""
    played = played or Played()
    send: Callable[[], Any] = lambda: asking.send(None)  # noqa: E731
    while True:
        try:
            effect = send()
        except StopIteration as end:
            played.value = end.value
            return played
        match effect:
            case Wait(seconds):
                played.waited.append(seconds)
                send = lambda: asking.send(None)  # noqa: E731
            case Remember(name, value):
                played.remembered[name] = value
                send = lambda: asking.send(None)  # noqa: E731
            case Fetch(what, gather, _, read):
                played.asked.extend(what)
                played.rounds.append(what)
                answers = [_read(_as_told(one, microsoft(one)), read) for one in what]
                errors = [answer for answer in answers if isinstance(answer, GraphError)]
                if errors and not gather:
                    send = lambda error=errors[0]: asking.throw(error)  # type: ignore[misc]  # noqa: E731
                else:
                    send = lambda given=answers: asking.send(given)  # type: ignore[misc]  # noqa: E731


def _read(answer: Answer, read: Reading | None) -> Any:
    return answer if read is None or isinstance(answer, GraphError) else list(read(list(answer)))


def _as_told(what: Request | Cmdlet, answer: Answer) -> Answer:
    """A refusal as `graph.client` tells it: with what the contract says that the request needs."""
    if isinstance(answer, NoPermission) and not answer.needs and isinstance(what, Request):
        return graph_error(Reply(403, {}, b'{"error": {"code": "Authorization_RequestDenied"}}'), what, NOW)
    return answer


def always(*items: Mapping[str, Any]) -> Microsoft:
    """A Microsoft that answers everything with the same items."""
    return lambda _: list(items)


def by_name(table: Mapping[str, Answer]) -> Microsoft:
    """A Microsoft that answers by cmdlet, or by a piece of the path; the longest piece that fits decides."""

    def answer(what: Request | Cmdlet) -> Answer:
        name = what.name if isinstance(what, Cmdlet) else f"{what.method} {what.version}{what.path}"
        fitting = [piece for piece in table if piece in name]
        assert fitting, f"nobody answers {name}"
        return table[max(fitting, key=len)]

    return answer
