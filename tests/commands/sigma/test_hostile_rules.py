"""Rules are a stranger's code: none of them costs more than itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from commands.sigma import reading
from commands.sigma.results import MATCHED, NO_MATCH, NOT_RUN
from commands.sigma.shapes import Ruleset
from tests.commands.sigma.given import FORWARD, outcome, read, record, rule


def doubled(of_the_one_before: str) -> str:
    """Forty values, each of which is twice the one before."""
    more = (f"a{at}: &a{at} {of_the_one_before.format(f'a{at - 1}')}\n" for at in range(1, 40))
    return "a0: &a0 {x: 1}\n" + "".join(more)


HOSTILE: Mapping[str, dict[str, Any] | str] = {
    "a file that is no YAML": "title: [",
    "a file of nothing but brackets": "[" * 100_000,
    "a list in place of a rule": "- 1\n- 2",
    "a text": "hello",
    "too large a file": "#" * (reading.FILE_SIZE + 1),
    "more values than any rule": json.dumps(rule({"Operation": ["x"] * (reading.NODES + 1)})),
    "aliases that double": doubled("[*{0}, *{0}]"),
    "merges that double": doubled("{{<<: [*{0}, *{0}]}}"),
    "an alias of itself": "title: &t [*t]\n",
    "a condition of parentheses alone": json.dumps(
        rule({"Operation": "x"}, condition="(" * 500 + "selection" + ")" * 500)
    ),
    "a condition without end": json.dumps(
        rule({"Operation": "x"}, condition="selection or " * 5_000 + "selection")
    ),
    "a type of Python's": "title: !!python/object/apply:os.system ['true']\n",
    "a title that is a list": json.dumps({**rule({"Operation": "x"}), "title": ["a"]}),
    "a log source that is a text": json.dumps({**rule({"Operation": "x"}), "logsource": "m365"}),
    "a regular expression that RE2 does not know": json.dumps(rule({"Operation|re": "(?=a)(?<!b)c"})),
}


@pytest.mark.parametrize("given", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_is_named_and_the_rule_beside_it_runs(given, tmp_path):
    ruleset = read(tmp_path, given, rule({"Operation": "New-InboxRule"}))
    found = outcome(ruleset, FORWARD)
    assert [one.state for one in found] == [MATCHED, NOT_RUN]
    assert found[1].file == "rule0.yml"
    assert found[1].reason.startswith(("It cannot be", "It holds"))


NAMES = (
    "x' OR 1=1 --",
    'x"; DROP TABLE audit; --',
    "`",
    "x) UNION SELECT sql FROM sqlite_master --",
    "rowid",
    "who",
    "whole",
    "c0",
    "",
)


@pytest.mark.parametrize("name", NAMES)
def test_no_name_of_a_field_becomes_sql(name, tmp_path):
    ruleset = read(tmp_path, rule({name: "' OR 1=1 --"}), rule({"Operation": "New-InboxRule"}))
    hostile, plain = sorted(outcome(ruleset, FORWARD), key=lambda one: one.file)
    assert (hostile.state in {NO_MATCH, NOT_RUN}, plain.state) == (True, MATCHED)
    assert all("DROP" not in one.where and "UNION" not in one.where for one in ruleset.rules)


def test_sql_that_reads_more_than_the_records_is_refused(tmp_path):
    """What pySigma makes of a rule is trusted no more than the rule."""
    ruleset = read(tmp_path, rule({"Operation": "New-InboxRule"}))
    for where in (
        "1 IN (SELECT 1 FROM sqlite_master)",
        "load_extension('x')",
        "1 IN (WITH RECURSIVE n(x) AS (VALUES(1) UNION ALL SELECT x+1 FROM n) SELECT x FROM n)",
        "randomblob(1000000000)",
        "1); DELETE FROM audit; --",
    ):
        changed = Ruleset((replace(ruleset.rules[0], where=where),), (), ruleset.columns)
        (found,) = outcome(changed, FORWARD)
        assert found.state == NOT_RUN
        assert found.reason.startswith("SQLite refuses it") or "steps" in found.reason


def test_a_rule_that_takes_too_many_steps_is_stopped_and_the_next_one_runs(tmp_path):
    ruleset = read(tmp_path, rule({"Operation": "New-InboxRule"}))
    (one,) = ruleset.rules
    many = ", ".join(f"audit a{number}" for number in range(6))
    together = " || ".join(f"a{number}.who" for number in range(6))
    slow = replace(one, where=f"EXISTS (SELECT 1 FROM {many} WHERE {together} = 'x')")  # noqa: S608 - the test's own
    slow_set = Ruleset((slow, one), (), ruleset.columns)
    raws = [{**FORWARD, "Id": f"id-{number}"} for number in range(60)]
    found = outcome(slow_set, *raws)
    assert [(x.state, x.records) for x in found] == [(MATCHED, 60), (NOT_RUN, 0)]
    assert found[1].reason == "It takes too many steps and was stopped."


def test_a_regular_expression_that_backtracks_elsewhere_takes_no_longer(tmp_path):
    """With Python's own expressions this would not end."""
    raw = record("New-InboxRule", ObjectId="a" * 50_000 + "!")
    (found,) = outcome(read(tmp_path, rule({"ObjectId|re": "^(a+)+$"})), raw)
    assert found.state == NO_MATCH
