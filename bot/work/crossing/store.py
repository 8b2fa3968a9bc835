"""What lies in PostgreSQL between the keeper and its workers, beside the tables of the engine.

Results on their way, searches that Microsoft still makes, how far a check is, and what the keeper is. Nothing
of it must be kept: what is lost is looked at again. No credentials are in it.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
import structlog
from pydantic import TypeAdapter, ValidationError
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError

from bot.work.crossing.codec import PACKED, SHOWN
from bot.work.crossing.seal import Seal, SealBroken, text_of

log = structlog.get_logger(__name__)

_TABLES = sa.MetaData()

_RUNS = sa.Table(
    "compromise_runs",
    _TABLES,
    sa.Column("case_id", sa.Text, primary_key=True),
    sa.Column("run", sa.Integer, primary_key=True),
    sa.Column("begun", sa.Integer, nullable=False, default=0),
    sa.Column("shown", sa.Integer, nullable=False, default=0),
    sa.Column("progress", sa.LargeBinary),
    sa.Column("result", sa.LargeBinary),
    sa.Column("answers", sa.LargeBinary),
)
_MEMORY = sa.Table(
    "compromise_memory",
    _TABLES,
    sa.Column("case_id", sa.Text, primary_key=True),
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
_STOPPED = sa.Table("compromise_stopped", _TABLES, sa.Column("name", sa.Text, primary_key=True))
_NAMES = (_RUNS.c.case_id, _MEMORY.c.case_id, _STOPPED.c.name)
_KEEPER = sa.Table(
    "compromise_keeper",
    _TABLES,
    sa.Column("one", sa.Integer, primary_key=True),
    sa.Column("body", sa.Text, nullable=False),
)

FACTS: Final = 1024 * 1024
"""The most characters of what the keeper says of itself: some hundred for each tenant."""

REMEMBERED: Final = 2 * PACKED
"""The most bytes of one thing that is remembered: the finished part of a sweep, in base64."""

NAME: Final = 40
"""The most characters of the name of a case, a hunt or a recheck: ours have ten."""

NAMES: Final = 10_000
"""How many of them each table gives in one round."""

ANSWERS: Final = 256 * 1024 * 1024
"""The most bytes of Microsoft's answers that are kept with a result."""


@dataclass(frozen=True, slots=True)
class KeeperFacts:
    """What a worker must agree with.

    Attributes:
        release: The version of the program and of its work.
        tenants: The id of each configured tenant by its name.
        key: The fingerprint of what messages are sealed with, "" where there is no key.
    """

    release: str
    tenants: dict[str, str]
    key: str = ""


_FACTS = TypeAdapter(KeeperFacts)


class Store:
    """What lies between keeper and workers. Any thread may use it; each call is a transaction.

    All raise SQLAlchemyError where the database cannot be used.

    Args:
        database: The job database.
    """

    def __init__(self, database: sa.Engine) -> None:
        self._engine = database

    def prepare(self) -> None:
        """Make the tables that are not there."""
        _TABLES.create_all(self._engine)

    # --- what the keeper is --------------------------------------------------------------------------------

    def tell(self, facts: KeeperFacts) -> None:
        """Say what the keeper is."""
        body = _FACTS.dump_json(facts).decode()
        row = insert(_KEEPER).values(one=1, body=body)
        with self._engine.begin() as db:
            db.execute(row.on_conflict_do_update(index_elements=["one"], set_={"body": body}))

    def keeper(self) -> KeeperFacts | None:
        """Give what the keeper is; None where there never was one."""
        if not sa.inspect(self._engine).has_table(_KEEPER.name):
            return None
        with self._engine.connect() as db:
            body = db.scalar(sa.select(sa.func.left(_KEEPER.c.body, FACTS)).where(_KEEPER.c.one == 1))
        if body is None:
            return None
        try:
            return _FACTS.validate_json(body)
        except ValidationError:
            # Another version says it in another way: it is not this one, in any case.
            return KeeperFacts("another version", {})

    # --- one run of a check --------------------------------------------------------------------------------

    def begin(self, case_id: str, run: int) -> int:
        """Count that somebody begins with a run; give how often that was."""
        row = insert(_RUNS).values(case_id=case_id, run=run, begun=1, shown=0)
        again = row.on_conflict_do_update(
            index_elements=["case_id", "run"], set_={"begun": _RUNS.c.begun + 1}
        ).returning(_RUNS.c.begun)
        with self._engine.begin() as db:
            return int(db.execute(again).scalar_one())

    def put(self, case_id: str, run: int, result: bytes, answers: bytes) -> None:
        """Keep the result of a run, unless there is one."""
        values = {"result": result, "answers": answers if len(answers) <= ANSWERS else b"", "progress": None}
        row = insert(_RUNS).values(case_id=case_id, run=run, begun=1, shown=0, **values)
        first = row.on_conflict_do_update(
            index_elements=["case_id", "run"], set_=values, where=_RUNS.c.result.is_(None)
        )
        with self._engine.begin() as db:
            db.execute(first)

    def is_there(self, case_id: str, run: int) -> bool:
        """Whether a run has its result."""
        with self._engine.connect() as db:
            row = sa.select(_RUNS.c.run).where(*_of(case_id, run), _RUNS.c.result.is_not(None))
            return db.scalar(row) is not None

    def stop(self, name: str) -> None:
        """Say that nobody waits for a hunt any longer."""
        with self._engine.begin() as db:
            db.execute(insert(_STOPPED).values(name=name).on_conflict_do_nothing())

    def is_stopped(self, name: str) -> bool:
        """Whether nobody waits for a hunt any longer."""
        with self._engine.connect() as db:
            return db.scalar(sa.select(_STOPPED.c.name).where(_STOPPED.c.name == name)) is not None

    def names(self) -> frozenset[str]:
        """Give cases and hunts of which anything is kept; what has no name of ours is forgotten right here.

        At most `NAMES` of each table, and the others in a later round: whoever writes there must not fill our
        memory.
        """
        kept: set[str] = set()
        with self._engine.begin() as db:
            for column in _NAMES:
                db.execute(sa.delete(column.table).where(sa.func.length(column) > NAME))
                kept.update(db.scalars(sa.select(column).distinct().limit(NAMES)))
        return frozenset(kept)

    def clear(self, names: Iterable[str]) -> None:
        """Forget everything of these cases and hunts."""
        given = sorted(names)
        with self._engine.begin() as db:
            for column in _NAMES:
                db.execute(sa.delete(column.table).where(column.in_(given)))

    def get(self, case_id: str, run: int) -> tuple[bytes, bytes] | None:
        """Give the result of a run and the answers that came with it; None where there is none."""
        asked = sa.select(_at_most(_RUNS.c.result, PACKED), _at_most(_RUNS.c.answers, ANSWERS))
        with self._engine.connect() as db:
            row = db.execute(asked.where(*_of(case_id, run), _RUNS.c.result.is_not(None))).first()
        return (bytes(row[0]), bytes(row[1])) if row else None

    def drop(self, case_id: str, run: int) -> None:
        """Forget a case's runs up to this one, and its searches."""
        with self._engine.begin() as db:
            db.execute(sa.delete(_RUNS).where(_RUNS.c.case_id == case_id, _RUNS.c.run <= run))
            db.execute(sa.delete(_MEMORY).where(_MEMORY.c.case_id == case_id))

    def show(self, case_id: str, run: int, progress: bytes) -> None:
        """Say how far a run is."""
        change = sa.update(_RUNS).where(*_of(case_id, run), _RUNS.c.result.is_(None))
        with self._engine.begin() as db:
            db.execute(change.values(progress=progress, shown=_RUNS.c.shown + 1))

    def shown(self, seen: Mapping[tuple[str, int], int]) -> Iterator[tuple[str, int, int, bytes]]:
        """Give how far the runs are that changed, one by one: case, run, number of the change, progress.

        Args:
            seen: The runs that are asked about, with the number of the change that was seen last of each.
        """
        numbers = sa.select(_RUNS.c.case_id, _RUNS.c.run, _RUNS.c.shown).where(
            _RUNS.c.progress.is_not(None), sa.tuple_(_RUNS.c.case_id, _RUNS.c.run).in_(list(seen))
        )
        with self._engine.connect() as db:
            changed = [tuple(row) for row in db.execute(numbers).all() if row[2] != seen[row[0], row[1]]]
        for case_id, run, number in changed:
            with self._engine.connect() as db:
                body = db.scalar(sa.select(_at_most(_RUNS.c.progress, SHOWN)).where(*_of(case_id, run)))
            if body is not None:
                yield case_id, run, number, bytes(body)

    # --- searches that Microsoft still makes ---------------------------------------------------------------

    def memory(self, case_id: str, seal: Seal) -> StoredMemory:
        """Give the memory of a case, for `graph.collect`."""
        return StoredMemory(self, case_id, seal)

    def recall(self, case_id: str) -> dict[str, dict[str, str]]:
        """Give what was kept for a case, by source and name."""
        rows = sa.select(_MEMORY.c.source, _MEMORY.c.name, _MEMORY.c.value).where(
            _MEMORY.c.case_id == case_id,
            _MEMORY.c.value != "",
            sa.func.octet_length(_MEMORY.c.value) <= REMEMBERED,
        )
        kept: dict[str, dict[str, str]] = {}
        with self._engine.connect() as db:
            for source, name, value in db.execute(rows).all():
                kept.setdefault(str(source), {})[str(name)] = str(value)
        return kept

    def remember(self, case_id: str, source: str, name: str, value: str) -> None:
        """Keep a text for a source, in place of an earlier one of the same name."""
        row = insert(_MEMORY).values(case_id=case_id, source=source, name=name, value=value)
        with self._engine.begin() as db:
            db.execute(
                row.on_conflict_do_update(index_elements=["case_id", "source", "name"], set_={"value": value})
            )


@dataclass(slots=True)
class StoredMemory:
    """The memory of one case. A database that is away costs another search, and never the check.

    What is in it is sealed: the id of another search, put in its place, would hide what was done. It is read
    once for all sources: each use of the database has a connection of its own.
    """

    store: Store
    case_id: str
    seal: Seal
    _kept: dict[str, dict[str, str]] | None = None

    def recall(self, source: str) -> Mapping[str, str]:
        """Give what this source's query remembered."""
        if self._kept is None:
            self._kept = _tried(lambda: self.store.recall(self.case_id), None)
        kept = (self._kept or {}).get(source, {})
        found = {}
        for name, value in kept.items():
            try:
                sealed = base64.b64decode(value, validate=True)
                found[name] = self.seal.open("memory", self._about(source, name), sealed).decode()
            except (SealBroken, ValueError):
                log.warning(
                    "What was remembered is not ours.", action="memory.refused", case=self.case_id, name=name
                )
        return found

    def remember(self, source: str, name: str, value: str) -> None:
        """Keep a value for this source's query; "" forgets it."""
        sealed = self.seal.close("memory", self._about(source, name), value.encode()) if value else b""
        text = base64.b64encode(sealed).decode()
        _tried(lambda: self.store.remember(self.case_id, source, name, text), None)
        if self._kept is not None:
            self._kept.setdefault(source, {})[name] = text
            if not text:
                del self._kept[source][name]

    def _about(self, source: str, name: str) -> str:
        return text_of({"case": self.case_id, "source": source, "name": name})


def _tried(act: Callable[[], Any], otherwise: Any) -> Any:
    try:
        return act()
    except SQLAlchemyError as error:
        log.warning("A search is not remembered.", action="memory.away", error=type(error).__name__)
        return otherwise


def _of(case_id: str, run: int) -> tuple[sa.ColumnElement[bool], ...]:
    return _RUNS.c.case_id == case_id, _RUNS.c.run == run


def _at_most(column: sa.Column[bytes], most: int) -> sa.ColumnElement[bytes]:
    """A column without what is larger than any worker of ours sends: it is never brought here."""
    return sa.case((sa.func.octet_length(column) <= most, column), else_=sa.literal(b"", sa.LargeBinary))
