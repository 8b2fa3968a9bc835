"""Rules are a stranger's code: none of them costs more than itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from commands.sigma import reading
from commands.sigma.results import MATCHED, NO_MATCH, NOT_RUN
from commands.sigma.rows import LONGEST
from commands.sigma.shapes import Ruleset
from tests.commands.sigma.given import FORWARD, outcome, read, record, rule


def doubled(of_the_one_before: str) -> str:
    """Forty values, each of which is twice the one before."""
    more = (f"a{at}: &a{at} {of_the_one_before.format(f'a{at - 1}')}\n" for at in range(1, 40))
    return "a0: &a0 {x: 1}\n" + "".join(more)


OTHER = "0d3f8a52-6c0b-4f0e-8a53-3b1f6f8f2a77"

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


def test_what_of_a_record_is_not_compared_is_told(tmp_path):
    asked = rule({"ModifiedProperties.NewValue": "59"})
    ruleset = read(tmp_path, asked, rule(["needle"], title="Another", id=OTHER))
    long_list = [{"Name": f"{number}", "NewValue": f"{number}"} for number in range(60)]
    deep: Any = "needle"
    for _ in range(5_000):
        deep = [deep]
    for raw in (
        record("Update user.", RecordType=8, ModifiedProperties=long_list),
        record("New-InboxRule", Deep=deep),
        record("New-InboxRule", ObjectId="x" * (2 * LONGEST) + "needle"),
    ):
        found = outcome(ruleset, raw)
        assert all(one.state == NO_MATCH for one in found), found
        assert any("1 record was compared only in part" in one.reason for one in found), found


def test_a_record_longer_than_sqlite_takes_costs_no_other_record_its_match(tmp_path):
    long = record("New-InboxRule", Id="long", ObjectId="x" * (17 << 20))
    ruleset = read(tmp_path, rule({"ObjectId|contains": "needle"}))
    (found,) = outcome(ruleset, long, record("New-InboxRule", Id="short", ObjectId="a needle"))
    assert (found.state, found.records) == (MATCHED, 1)


def test_a_rule_may_take_steps_for_each_row_and_not_only_for_each_record(tmp_path):
    ruleset = read(tmp_path, rule({"ModifiedProperties.NewValue": "x"}))
    (one,) = ruleset.rules
    column = one.fields[0][1][0]
    together = " || ".join([f"audit.{column}", *["a.who", "b.who"] * 3])
    for_each = f"EXISTS (SELECT 1 FROM audit a, audit b WHERE {together} = 'x')"  # noqa: S608 - the test's own
    values = [{"Name": f"{number}", "NewValue": f"{number}"} for number in range(50)]
    slow = Ruleset((replace(one, where=for_each),), (), ruleset.columns)
    (found,) = outcome(slow, record("Update user.", RecordType=8, ModifiedProperties=values))
    assert found.state == NO_MATCH


def test_a_rule_compares_a_list_and_the_whole_record_together(tmp_path):
    both = rule(
        {"ModifiedProperties.NewValue": "7"}, condition="selection and words", detection={"words": ["needle"]}
    )
    values = [{"Name": f"{number}", "NewValue": f"{number}"} for number in range(9)]
    raw = record("Set-Mailbox", ModifiedProperties=values, Comment="a needle")
    assert [one.state for one in outcome(read(tmp_path, both), raw)] == [MATCHED]
