"""Every mutant that may live on has a reason, their number is known, and the record is of this code."""

from __future__ import annotations

import textwrap
from collections import Counter

import pytest

from tests.each import each
from tests.mutants.__main__ import (
    OWN,
    complaints,
    fates,
    options_for,
    outdated,
    pattern_of,
    place_of,
    read_mutant,
    wanted,
)
from tests.mutants.survivors import (
    ROOT,
    Mutant,
    Run,
    explained,
    functions,
    functions_of,
    mutated_files,
    recorded,
)

MOST = 18
"""How many may live on. To raise it is to say that no test could be written."""

NAME = "commands.verdict.x__says__mutmut_6"
SHOWN = """# commands.verdict.x__says__mutmut_6: survived
--- commands/verdict.py
+++ commands/verdict.py
@@ -1,3 +1,3 @@
 def _says(answer):
-    why = "-- seen"
+    why = "++ seen"
     return why
"""
SAYS = Mutant("commands/verdict.py", "_says", 'why = "-- seen"', 'why = "++ seen"')

MODULE = '''
def one(a):
    """Say it."""
    # why
    return a + 1


class Two:
    @property
    def three(self):
        return 3
'''


# --- of this code ------------------------------------------------------------------------------------------


def test_every_function_that_decides_is_as_it_was_when_its_mutants_were_made():
    now, then = functions(), recorded()
    assert outdated(now, then) == set(), "its mutants were not made since it was changed: make mutants"
    assert set(then) == set(now), "the record holds functions that are gone: make mutants"


def test_each_survivor_is_explained_and_they_are_no_more_than_before():
    rows = explained()
    assert len(rows) == MOST, "a mutant that a test now kills lowers the number"
    living = Counter({place: run.living for place, run in recorded().items() if run.living})
    assert Counter((mutant.file, mutant.function) for mutant in rows) == living
    for mutant, reason in each(rows.items()):
        assert len(reason.split()) >= 5, mutant
        code = {line.strip() for line in (ROOT / mutant.file).read_text().splitlines()}
        assert set(mutant.was.split("\n")) <= code, f"the code no longer says: {mutant.was}"


def test_there_are_many_mutants_and_few_live_on():
    runs = recorded().values()
    assert sum(run.mutants for run in runs) > 400
    assert sum(run.living for run in runs) * 20 < sum(run.mutants for run in runs)


# --- reading -----------------------------------------------------------------------------------------------


def test_a_function_is_known_by_its_code_alone():
    said = MODULE.replace("Say it.", "Say\n    much more.").replace("# why", "# because of this")
    assert functions_of(MODULE) == functions_of(said)
    assert functions_of(MODULE) == functions_of(textwrap.indent(MODULE.strip(), "").replace("\n\n\n", "\n\n"))
    assert list(functions_of(MODULE)) == ["one", "Two.three"]


def test_any_other_change_of_a_function_is_noticed():
    before = functions_of(MODULE)
    other = functions_of(MODULE.replace("a + 1", "a + 2"))
    assert other["one"] != before["one"]
    assert other["Two.three"] == before["Two.three"]
    assert functions_of(MODULE.replace("@property", "@cache"))["Two.three"] != before["Two.three"]
    place = ("a.py", "one")
    assert outdated({place: "new"}, {place: Run("old", 3, 0)}) == {place}
    assert outdated({place: "new"}, {}) == {place}
    assert outdated({place: "new"}, {place: Run("new", 3, 0)}) == set()


def test_only_what_changed_is_looked_at_or_all_of_it_and_only_in_the_files_that_are_named():
    one, two, three = ("a.py", "one"), ("a.py", "two"), ("b.py", "three")
    now, then = {one: "new", two: "new", three: "new"}, {one: Run("old", 3, 0), two: Run("new", 3, 0)}
    assert wanted([], now, then) == {one, three}
    assert wanted(["all"], now, then) == {one, two, three}
    assert wanted(["a.py"], now, then) == {one}
    assert wanted(["all", "a.py"], now, then) == {one, two}
    assert wanted(["b.py", "a.py"], now, then) == {one, three}
    with pytest.raises(SystemExit, match=r"No mutants are made of c\.py"):
        wanted(["all", "a.py", "c.py"], now, then)


def test_a_file_whose_mutants_have_their_own_tests_is_among_the_files_and_its_tests_are_there():
    assert set(OWN) <= set(mutated_files())
    for own in each(OWN.values()):
        assert all((ROOT / "tests" / "commands" / name).exists() for name in own.split(" or "))
        assert options_for(own) == f"-k '{own}'"
    alone = "not (test_apply.py) and not (test_carry_out_alone.py or test_lanes.py) and not (test_lanes.py)"
    assert options_for("") == f"-k '{alone}'"


def test_a_mutant_is_known_by_its_function_and_its_lines():
    assert read_mutant(NAME, SHOWN) == SAYS
    assert place_of("commands.identity.xǁIdentityǁof__mutmut_1") == ("commands/identity.py", "Identity.of")
    assert pattern_of("commands/identity.py", "Identity.of") == "commands.identity.xǁIdentityǁof__mutmut_*"
    assert pattern_of("commands/verdict.py", "_says") == "commands.verdict.x__says__mutmut_*"


def test_what_became_of_the_mutants_is_read():
    listing = "    a.b.x_c__mutmut_1: killed\n    a.b.x_c__mutmut_2: no tests\nother: line\n"
    assert fates(listing) == {"a.b.x_c__mutmut_1": "killed", "a.b.x_c__mutmut_2": "no tests"}


def test_what_is_not_explained_and_what_is_explained_in_vain_are_complained_of():
    assert complaints([SAYS], [SAYS]) == []
    assert complaints([SAYS], []) == [f"No test noticed: {SAYS}"]
    assert complaints([], [SAYS]) == [f"survivors.toml explains what is killed or gone: {SAYS}"]


def test_a_statement_in_other_letters_is_the_same_unless_a_text_in_it_changes():
    def becomes(was: str) -> bool:
        return Mutant("a.py", "b", was, was.upper()).is_same_statement

    assert becomes('db.execute("SELECT 1 FROM cases WHERE id = ?")')
    assert not becomes("db.execute(\"SELECT 1 FROM cases WHERE state = 'open'\")")
    open_ = "db.execute(\"SELECT 1 FROM cases WHERE state = 'open'\")"
    assert Mutant("a.py", "b", open_, open_.lower()).is_same_statement
    assert not becomes('raise LookupError("not there")')
    assert not Mutant("a.py", "b", '"SELECT a"', '"SELECT b"').is_same_statement
