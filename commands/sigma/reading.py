"""A folder of Sigma rules, read within bounds; what cannot be read or run is given back with the reason."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml
from sigma.collection import SigmaCollection
from sigma.correlations import SigmaCorrelationRule
from sigma.rule import SigmaRule
from sigma.rule.base import SigmaYAMLLoader

from commands.report import Severity
from commands.sigma import mapping, sql
from commands.sigma.shapes import NotRun, Rule, RulesError, Ruleset, Table
from graph.audit_log.unpack import files_in

WEIGHTS: Final = "weights.toml"
"""The file beside the rules that gives some of them a weight."""

FILES: Final = 5_000
"""Files that are read; all public rules for Microsoft 365 and Azure are 145."""

FILE_SIZE: Final = 256 << 10
"""Bytes of one file; the longest public rule has 60,000."""

NODES: Final = 20_000
"""Values, lists and mappings in one file."""

DEPTH: Final = 20
"""How deep they may lie in one another."""

ALIASES: Final = 10
"""References to another place of the file: each may double what it stands for."""

CONDITION: Final = 2_000
"""Characters of a condition."""

NESTED: Final = 10
"""Parentheses in one another in a condition."""

_ENDINGS: Final = frozenset({".yml", ".yaml"})
_SAID: Final = 300
_TITLE: Final = 200
_TECHNIQUE: Final = re.compile(r"attack\.(t\d{4}(?:\.\d{3})?)$", re.IGNORECASE)
_NAMES: Final = frozenset({"info", "low", "medium", "high", "critical"})


def load(folder: Path) -> Ruleset:
    """Read all rules below a folder, and what its ``weights.toml`` says of them.

    Raises:
        RulesError: the folder holds no rules, or its weights cannot be used.
    """
    if not folder.is_dir():
        raise RulesError(f"{folder} is not a folder of Sigma rules.")
    weights = _weights(folder)
    columns = sql.Columns()
    rules: list[Rule] = []
    not_run: list[NotRun] = []
    files = [path for path in files_in(folder) if path.suffix.lower() in _ENDINGS]
    for path in files[:FILES]:
        name = str(path.relative_to(folder))
        for one in _read(path, name, columns, weights):
            (rules if isinstance(one, Rule) else not_run).append(one)  # type: ignore[arg-type]
    if len(files) > FILES:
        not_run.append(
            NotRun(str(folder), "", f"It holds {len(files):,} files; {FILES:,} of them were read.")
        )
    if not rules and not not_run:
        raise RulesError(f"{folder} holds no Sigma rules: no file there ends in .yml or .yaml.")
    known = {one.id for one in rules} | {one.title for one in rules}
    if unknown := sorted(weights.keys() - known):
        raise RulesError(
            f"{folder / WEIGHTS} names {unknown[0]!r}, but no rule that runs has this ID or title."
        )
    return Ruleset(tuple(rules), tuple(not_run), columns.places())


def _weights(folder: Path) -> Mapping[str, Severity]:
    path = folder / WEIGHTS
    if not path.exists():
        return {}
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RulesError(f"{path} cannot be read ({error}).") from error
    wrong = next((name for name, word in given.items() if word not in _NAMES), None)
    if wrong is not None:
        raise RulesError(f"{path} gives {wrong!r} a weight that is not one of {', '.join(sorted(_NAMES))}.")
    return {name: Severity[word.upper()] for name, word in given.items()}


def _read(
    path: Path, name: str, columns: sql.Columns, weights: Mapping[str, Severity]
) -> Iterator[Rule | NotRun]:
    try:
        documents = _documents(path)
        found = SigmaCollection.from_dicts(
            documents, collect_errors=True, collect_filters=True, resolve_references=False
        )
    except Exception as error:  # noqa: BLE001 - whatever a stranger's file does, it is told with its name
        yield NotRun(name, "", f"It cannot be read: {_said(error)}.")
        return
    if not any(documents):
        yield NotRun(name, "", "It holds no rule.")
    if found.errors and not found.rules:
        yield NotRun(name, "", f"It cannot be read: {_said(found.errors[0])}.")
    for _ in found.filters:
        yield NotRun(name, "", "It is a filter for other rules; filters are not applied.")
    for one in found.rules:
        title = str(one.title or "")[:_TITLE]
        reason = _why_not(one)
        if reason:
            yield NotRun(name, title, reason)
            continue
        assert isinstance(one, SigmaRule)
        table = mapping.table_of(
            str(one.logsource.product or "").lower(), str(one.logsource.service or "").lower()
        )
        if not isinstance(table, Table):
            yield NotRun(name, title, table)
            continue
        try:
            everyday = sql.everyday(one, table)
            where, fields = sql.converted(one, table, columns)
        except Exception as error:  # noqa: BLE001 - as above
            yield NotRun(name, title, f"It cannot be turned into SQL: {_said(error)}.")
            continue
        id_ = str(one.id or name)
        yield Rule(
            id=id_,
            title=title,
            file=name,
            table=table,
            where=where,
            fields=fields,
            severity=weights.get(id_, weights.get(title, Severity.INFO)),
            technique=_technique(one),
            everyday=everyday,
        )


def _documents(path: Path) -> list[Any]:
    """Read a file's YAML documents, after a look at how large and how deep they are.

    Raises:
        ValueError: there is more of something than is read.
        yaml.YAMLError: it is no YAML.
    """
    if path.stat().st_size > FILE_SIZE:
        raise ValueError(f"it has more than {FILE_SIZE >> 10} KB")
    text = path.read_text(encoding="utf-8-sig")
    depth = nodes = aliases = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        aliases += isinstance(event, yaml.AliasEvent)
        nodes += isinstance(event, yaml.NodeEvent)
        if depth > DEPTH:
            raise ValueError(f"its values are nested more than {DEPTH} deep")
        if aliases > ALIASES:
            raise ValueError(f"it has more than {ALIASES} aliases")
        if nodes > NODES:
            raise ValueError(f"it has more than {NODES:,} values")
    documents = list(yaml.load_all(text, Loader=SigmaYAMLLoader))
    for one in documents:
        if one is not None and not isinstance(one, dict):
            raise ValueError("it holds something other than a rule")
        for condition in _conditions(one or {}):
            if len(condition) > CONDITION or _nested(condition) > NESTED:
                raise ValueError(
                    f"a condition has more than {CONDITION:,} characters or {NESTED} nested parentheses"
                )
    return documents


def _conditions(document: Mapping[str, Any]) -> Iterator[str]:
    detection = document.get("detection")
    given = detection.get("condition", ()) if isinstance(detection, dict) else ()
    for one in given if isinstance(given, list) else (given,):
        yield str(one)


def _nested(condition: str) -> int:
    deepest = depth = 0
    for letter in condition:
        depth += (letter == "(") - (letter == ")")
        deepest = max(deepest, depth)
    return deepest


def _why_not(rule: SigmaRule | SigmaCorrelationRule) -> str:
    if rule.errors:
        return f"It cannot be read: {_said(rule.errors[0])}."
    if isinstance(rule, SigmaCorrelationRule):
        return "It is a correlation of other rules; only rules on single records are run."
    if "timeframe" in rule.detection.detections:
        return "Its condition counts records within a time; only rules on single records are run."
    return ""


def _technique(rule: SigmaRule) -> str:
    found = (_TECHNIQUE.match(str(tag)) for tag in rule.tags)
    return next((match[1].upper() for match in found if match), "")


def _said(error: Exception) -> str:
    """Give what an error says in one line."""
    text = " ".join(str(error).split()).rstrip(".") or type(error).__name__
    return text[:_SAID]
