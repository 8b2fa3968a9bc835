"""Accounts that are not like others: administrators, and those whose master is elsewhere."""

from __future__ import annotations

import pytest

from commands.containment.proposals import Outcome, Proposal
from commands.ledger import Case
from commands.ledger.tasks import tasks as tasks_of
from commands.plans.plan import Change, ManualTask
from sandbox.scenarios.people import HENRIETTA, MIRIAM, NESTOR
from tests.scenarios.acting import (
    PRIVILEGED,
    USUAL,
    Acting,
    acting,
    only,
    outcomes,
    says_of,
    standing,
    suggested,
)

WARNING = "Microsoft refuses this unless the application has the role Privileged Authentication Administrator"
BLOCK, RESET = "block_sign_in:account", "reset_password:password"
AGAIN = "reset_password:revoke_again"
LAST = (
    "No other Global Administrator with sign-in enabled was found; assign the role to a "
    "second person first, to avoid a tenant lockout."
)


def roles_as_well(item: Change | ManualTask) -> bool:
    """What the findings ask for, and every role that the account holds."""
    return suggested(item) or "roles" in item.step


def may_sign_in(story: Acting) -> bool:
    """Whether the administrator is not blocked."""
    return bool(story.microsoft.state.users[NESTOR.id]["accountEnabled"])


def test_a_privileged_account_needs_a_privileged_application_and_people_are_told_before_and_after(tmp_path):
    """First it lacks the role, and what does not need it is done all the same; then it has it."""
    with acting(tmp_path, "admin-takeover", directory_roles=USUAL) as story:
        story.check(NESTOR.upn)
        proposal = story.propose(suggested)
        assert WARNING[:80] in story.text(story.paper(proposal))
        first = story.approve(proposal)
        found = outcomes(first)
        assert {found[BLOCK], found[RESET]} == {Outcome.FAILED}
        for change in (BLOCK, RESET):
            assert "Privileged Authentication Administrator" in says_of(first, change)
            assert "propose this again" in says_of(first, change)
        # Behind a reset that was not made nothing is ended again.
        assert found[AGAIN] is Outcome.SKIPPED
        assert found["remove_forwarding:mailbox"] is Outcome.CONFIRMED
        assert found["remove_exchange_roles:Recipient Management"] is Outcome.CONFIRMED
        text = story.text(story.paper(first))
        failed = text.split("Failed")[1].split("Left out")[0]
        assert "Privileged Authentication Administrator" in failed
        assert "Show new password once" not in text
        assert may_sign_in(story)

        story.microsoft.directory_roles = set(PRIVILEGED)
        second = story.do(only("block_sign_in", "reset_password"))
        assert set(outcomes(second).values()) == {Outcome.CONFIRMED}
        assert not may_sign_in(story)
        assert "Show new password once" in story.text(story.paper(second))


def test_an_administrator_loses_every_role_and_gets_all_of_them_back_exactly(tmp_path):
    """Held directly, through a group, switched on, and allowed to switch on; in Exchange and in Purview."""
    with acting(tmp_path, "admin-takeover") as story:
        story.check(NESTOR.upn)
        state = story.microsoft.state
        before = standing(state, NESTOR.id)
        ended = story.do(lambda item: isinstance(item, Change) and "roles" in item.step)
        assert set(outcomes(ended).values()) == {Outcome.CONFIRMED}
        kinds = {change.id.split(":")[1] for change in ended.plan.changes if "admin" in change.step}
        assert kinds == {"direct", "active", "eligible", "group"}
        stripped = standing(state, NESTOR.id)
        assert stripped["roles"] == stripped["active"] == stripped["eligible"] == []
        assert not [name for name in stripped["groups"] if state.groups[name].get("isAssignableToRole")]
        for store in ("Exchange", "Purview"):
            assert all(NESTOR.id not in members for members in stripped[store].values()), store

        restored = story.restore(range(1, len(ended.plan.changes) + 1))
        assert set(outcomes(restored).values()) == {Outcome.CONFIRMED}
        after = standing(state, NESTOR.id)
        for part, value in before.items():
            assert after[part] == value, part


def test_what_came_through_groups_is_named_in_report_and_plan(tmp_path):
    """An application for a group, a role that a group may switch on, and a place in PIM for Groups."""
    with acting(tmp_path, "admin-takeover") as story:
        story.check(NESTOR.upn)
        report = next(file for file in story.slack.files() if file.name == "report.txt").content.decode()
        assert "Has Helpdesk Administrator (eligible through the group Service Desk)" in report
        assert "Has Global Reader (eligible to join the group Tenant Readers)" in report
        says = [item.says for item in story.offer() if isinstance(item, Change | ManualTask)]
        for words in (
            "keeps Contoso Runbooks, which is assigned through a group",
            "from the group Service Desk, which is eligible for the role Helpdesk Administrator",
            "in the group Tenant Readers, which grants the role Global Reader",
        ):
            assert any(words in one for one in says), words


def test_the_last_global_administrator_keeps_role_and_sign_in_and_the_rest_is_done(tmp_path):
    with acting(tmp_path, "last-administrator") as story:
        story.check(NESTOR.upn)
        ended = story.do(roles_as_well)
        found = outcomes(ended)
        direct = next(change.id for change in ended.plan.changes if ":direct:" in change.id)
        for change in (BLOCK, direct):
            assert found[change] is Outcome.REFUSED
            assert LAST in says_of(ended, change)
        assert LAST in story.text(story.paper(ended)).split("Refused")[1]
        assert may_sign_in(story)
        sent = [call.path for call in story.microsoft.writes() if call.method == "PATCH"]
        assert sent.count(f"/graph/v1.0/users/{NESTOR.id}") == 1, "the password, and not the block"
        others = {change: end for change, end in found.items() if change not in {BLOCK, direct}}
        assert set(others.values()) == {Outcome.CONFIRMED}


# --- accounts whose master is elsewhere --------------------------------------------------------------------


def task_numbers(story: Acting, case: Case) -> dict[str, int]:
    """The number of each manual task, by its words."""
    return {task.says: task.number for task in tasks_of(story.proposals.ledger, case.id)}


def number_of(story: Acting, case: Case, words: str) -> int:
    return next(number for says, number in task_numbers(story, case).items() if words in says)


@pytest.mark.parametrize(
    ("scenario", "person", "words", "ways"),
    [
        (
            "synced-user",
            MIRIAM,
            "Reset the password of miriam.graham@contoso.example twice",
            (
                "Notify the on-premises administrator of the compromise",
                "Set-ADAccountPassword -Reset",
                "to a different password",
            ),
        ),
        ("federated-user", HENRIETTA, "password", ("Fabrikam",)),
    ],
)
def test_what_only_people_can_do_is_an_task_with_its_way_and_is_ticked_off(
    tmp_path, scenario, person, words, ways
):
    with acting(tmp_path, scenario) as story:
        case = story.check(person.upn)
        assert not [item for item in story.offer() if isinstance(item, Change) and item.id == RESET]
        ended = story.do(suggested)
        assert outcomes(ended)["disable_inbox_rules" + _first_rule(ended)] is Outcome.CONFIRMED

        story.type(f"tasks {case.id}")
        listed = story.told(holding="Manual tasks")
        number = number_of(story, case, words)
        text = story.text(listed)
        thread = "\n".join(map(story.text, story.slack.replies(story.paper(ended))))
        for way in ways:
            assert way.casefold() in thread.casefold()
        assert f"{number}." in text

        some = len(tasks_of(story.proposals.ledger, case.id))
        assert f"{some} manual tasks open*" in story.text(story.paper(ended))
        story.type(f"tasks {case.id} done {number} Told Nestor, both resets made")
        story.told(holding=f"Completed: {number}.")
        other = number_of(story, case, "Scan every device")
        story.slack.click("responder", listed, "task_done", f"{case.id} {other}")
        window = story.window()
        assert story.slack.submit("responder", window, {"note": "Nothing was found"}).error is None
        story.told(holding=f"Completed: {other}.")
        done = {one.number: one.note for one in tasks_of(story.proposals.ledger, case.id) if one.done_by}
        assert done == {number: "Told Nestor, both resets made", other: "Nothing was found"}
        for card in (story.text(story.paper(ended)), story.case_card()):
            assert f"*{some - 2} manual task" in card
        # A second time nothing is ticked off.
        story.type(f"tasks {case.id} done {number} Again")
        story.told(holding="Already completed by")
        assert story.kinds().count("task_done") == 2

        for about in (case.id, person.upn):
            story.slack.reload("responder")
            story.type(f"history {about}")
            told = story.text(story.told(holding="Told Nestor, both resets made"))
            assert "Nothing was found" in told
            assert "Megan Bowen" in told


def _first_rule(ended: Proposal) -> str:
    rule = next(change.id for change in ended.plan.changes if change.step == "disable_inbox_rules")
    return rule.removeprefix("disable_inbox_rules")
