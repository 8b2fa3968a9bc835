"""The names under which job databases hold work stay as they are: an upgrade goes on with what it finds."""

from __future__ import annotations

from bot.work.engine import kinds


def test_the_names_in_job_databases_are_those_of_all_earlier_versions() -> None:
    assert [(one.workflow, one.queue, one.delivery, one.run_id("C-1", 2)) for one in kinds.KINDS] == [
        ("check", "checks", "deliver", "check:C-1:2"),
        ("hunt", "hunts", "deliver a hunt", "hunt:C-1:2"),
        ("watch", "watches", "deliver a watch", "watch:C-1:2"),
    ]
    assert (kinds.DELIVERIES, kinds.PLAN, kinds.PLANS) == ("deliveries", "plan", "plans")
    assert kinds.delivery_id("C-1", 2) == "deliver:C-1:2"
    assert kinds.plan_id("P-1", 1) == "plan:P-1:1"
