"""The card of a proposal shows exactly what is approved, and its buttons only while they count."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.messages import Message, parts
from bot.messages.outcomes import OUTCOMES
from bot.messages.plan_table import before_and_after
from bot.messages.proposal_card import proposal_card
from bot.messages.proposal_details import proposal_details
from bot.messages.proposal_words import proposal_line
from commands.containment.proposals import SECRET_LIFE, Outcome, Proposal
from commands.plans.approval import ProposalState
from commands.plans.undo import undo_id
from sandbox.workspace import blocks as slack
from sandbox.workspace import text as slack_text
from tests.bot.messages import samples

RULE = samples.change(1, text="Disable the inbox rule Money")
GRANT = samples.final(2, text="Revoke the grant to Perfect Data")
MANY = tuple(
    samples.change(n, text=f"Disable the inbox rule number {n}. " + "It is long. " * 20) for n in range(90)
)


def card(proposal: Proposal, **more) -> Message:
    return proposal_card(proposal, names=samples.TITLES, now=more.pop("now", samples.NOW), **more)


def shown(message: Message) -> str:
    return "\n".join(slack_text.lines(message.blocks, lambda name: name))


def buttons(message: Message) -> list[str]:
    return [
        one["action_id"]
        for block in message.blocks
        if block["type"] == "actions"
        for one in block["elements"]
    ]


def done(*outcomes: Outcome | None, says: str = "", **changes) -> Proposal:
    """A proposal whose changes ended like this, one change for each."""
    made = tuple(samples.change(n, text=f"Do thing {n}") for n in range(len(outcomes)))
    actions = tuple(samples.action(one, out, says) for one, out in zip(made, outcomes, strict=True))
    return samples.small(*made, **{"state": ProposalState.DONE, "actions": actions, **changes})


def test_an_open_card_shows_the_changes_who_proposed_why_and_until_when():
    proposal = samples.small(RULE, GRANT, tasks_of=(samples.task(),), reason="The mailbox sends spam")
    message = card(proposal)
    text = shown(message)
    for part in (
        "◔ Waiting for approval: adele.vance@contoso.example",
        "@U0MEGAN01 proposed this: “The mailbox sends spam”",
        "Needs approval by two different people; has 0. Open until 10:00 UTC.",
        "*2 changes*: 2 remove what they left\n*1 cannot be undone*; 1 manual task",
        "*Remove what they left*\n1. Disable the inbox rule Money",
        "*Cannot be undone*\n2. Revoke the grant to Perfect Data (Revoke",
        f"digest {proposal.digest[:8]}",
        "Proposal P-7F3K2 · Case C-7F3K2",
    ):
        assert part in text.replace("`", "")
    assert message.text.startswith("Waiting for approval: P-7F3K2 for adele.vance@contoso.example")


def test_an_open_card_can_be_approved_denied_and_withdrawn_with_a_question_before():
    message = card(samples.small(RULE))
    assert buttons(message) == ["approve", "deny", "withdraw"]
    assert "strike" in buttons(card(samples.small(RULE, GRANT)))
    row = next(block for block in message.blocks if block["type"] == "actions")
    assert {one["action_id"] for one in row["elements"] if "confirm" in one} == {"withdraw"}
    digest = samples.small(RULE).digest[:8]
    assert {one["value"] for one in row["elements"]} == {f"P-7F3K2 {digest}"}


@pytest.mark.parametrize("state", [one for one in ProposalState if one is not ProposalState.OPEN])
def test_nothing_can_be_decided_again(state):
    message = card(samples.small(RULE, state=state, decided_by="U0ALEX002"))
    assert not {"approve", "deny", "strike", "withdraw"} & set(buttons(message))


@pytest.mark.parametrize("state", ProposalState)
def test_every_state_has_its_own_words(state):
    headers = {card(samples.small(RULE, state=one)).blocks[0]["text"]["text"] for one in ProposalState}
    assert len(headers) == len(ProposalState)
    assert proposal_line(samples.small(RULE, state=state))


def test_the_card_says_who_approved_and_with_what():
    votes = (samples.vote(), samples.vote("U0ALEX002", factor=True))
    text = shown(card(samples.small(RULE, votes=votes)))
    assert "approved by @U0MEGAN01, 2026-03-02 09:33 UTC" in text
    assert "approved by @U0ALEX002 with a code, 2026-03-02 09:33 UTC" in text
    assert "has 2" in text


def test_the_card_says_who_may_approve_before_anybody_presses_a_button() -> None:
    may = ("U0ALEX002", "U0LIDIA03")
    assert "May approve: @U0ALEX002, @U0LIDIA03." in shown(card(samples.small(RULE), may_approve=may))
    assert "May approve" not in shown(card(samples.small(RULE)))
    ended = samples.small(RULE, state=ProposalState.DENIED)
    assert "May approve" not in shown(card(ended, may_approve=may))


def test_the_proposers_own_approval_does_not_count_where_the_rules_are_strict():
    text = shown(card(samples.small(RULE, votes=(samples.vote(),), strict=True, factor=True)))
    assert "each with a code; has 0" in text
    assert "The proposer's own approval does not count." in text
    alone = shown(card(samples.small(RULE, needs=1, factor=True)))
    assert "Needs approval by one person, with a code; has 0." in alone


def test_a_denied_card_says_who_when_and_why():
    denied = samples.small(
        RULE,
        state=ProposalState.DENIED,
        decided_by="U0ALEX002",
        note="She is on the phone with me",
        votes=(samples.vote("U0ALEX002", yes=False),),
    )
    text = shown(card(denied))
    assert "denied by @U0ALEX002, 2026-03-02 09:33 UTC: She is on the phone with me" in text
    assert "No changes were made. It can be proposed again." in text


def test_a_withdrawn_an_expired_and_a_stopped_card_say_so():
    at = samples.NOW + timedelta(minutes=7)
    withdrawn = samples.small(RULE, state=ProposalState.WITHDRAWN, decided_by="U0MEGAN01")
    assert "withdrawn by @U0MEGAN01, 2026-03-02 09:37 UTC" in shown(card(withdrawn, decided_at=at))
    assert "expired 2026-03-02 10:00 UTC" in shown(card(samples.small(RULE, state=ProposalState.EXPIRED)))
    why = "Too few may still approve (<@U0ALEX002>: You are a guest, <@U0OTHER03>: too)."
    votes = (samples.vote("U0ALEX002"),)
    stopped = card(samples.small(RULE, state=ProposalState.STOPPED, note=why, votes=votes))
    assert "stopped before anything was sent: Too few may still approve (@U0ALEX002" in shown(stopped)
    assert slack_text.pings(stopped.text, list(stopped.blocks)) == ("U0MEGAN01", "U0ALEX002")


def test_a_running_card_shows_how_far_it_is_and_what_is_under_way():
    message = card(done(Outcome.CONFIRMED, None, state=ProposalState.RUNNING))
    text = shown(message)
    assert "1 of 2 changes" in text
    assert "Now: Do thing 1" in text
    assert "Done and confirmed" in text
    assert "Pending" not in text
    assert buttons(message) == []


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_has_its_heading_with_the_change_below_it(outcome):
    text = shown(card(done(outcome, says="The reason, and what to do now.")))
    mark, heading = OUTCOMES[outcome]
    assert f"*{mark} {heading}*\n1. Do thing 0" in text
    assert "The reason, and what to do now." in text


def test_every_change_of_a_finished_proposal_is_named():
    proposal = samples.decided(("Do something",))[[*ProposalState].index(ProposalState.DONE)]
    text = shown(card(proposal))
    for number in range(1, len(proposal.plan.changes) + 1):
        assert f"\n{number}. " in text
    tasks = parts.counted(len(proposal.plan.tasks), "manual task")
    assert f"☐ *{tasks}* on the case: `/compromise tasks C-7F3K2`" in text


def test_what_was_never_begun_is_said():
    proposal = samples.small(RULE, GRANT, state=ProposalState.DONE)
    assert "*Not started*\n1. Disable the inbox rule Money" in shown(card(proposal))


def test_the_last_attempt_counts():
    first, second = samples.action(RULE, Outcome.FAILED), samples.action(RULE, Outcome.CONFIRMED)
    text = shown(card(samples.small(RULE, state=ProposalState.DONE, actions=(first, second))))
    assert "Done and confirmed" in text
    assert "Failed" not in text


def test_what_went_wrong_carries_microsofts_id():
    assert "Microsoft's ID: req-77" in shown(card(done(Outcome.FAILED)))
    assert "req-77" not in shown(card(done(Outcome.CONFIRMED)))


def test_what_was_done_can_be_restored_and_what_was_not_cannot():
    assert "restore" in buttons(card(done(Outcome.CONFIRMED)))
    assert "restore" in buttons(card(done(Outcome.UNCONFIRMED)))
    assert "restore" not in buttons(card(done(Outcome.ALREADY, Outcome.FAILED)))
    final = samples.small(
        GRANT, state=ProposalState.DONE, actions=(samples.action(GRANT, Outcome.CONFIRMED),)
    )
    assert "restore" not in buttons(card(final))
    assert "restore" not in buttons(card(done(Outcome.CONFIRMED, kind="restore")))


def test_tasks_can_be_looked_at_once_the_changes_are_made():
    proposal = done(Outcome.CONFIRMED)
    plan = replace(proposal.plan, tasks=(samples.task(),))
    assert "tasks" in buttons(card(replace(proposal, plan=plan)))
    assert "tasks" not in buttons(card(proposal))


def test_a_new_password_can_be_shown_for_15_minutes_and_to_one_person():
    reset = samples.new_password()
    action = samples.action(reset, Outcome.UNCONFIRMED)
    proposal = samples.small(reset, state=ProposalState.DONE, actions=(action,))
    assert "show_password" in buttons(card(proposal))
    assert "expires after 15 minutes" in shown(card(proposal))
    late = card(proposal, now=action.intended_at + SECRET_LIFE)
    assert "show_password" not in buttons(late)
    assert "The new password has expired" in shown(late)
    seen = card(proposal, password_shown_to="U0ALEX002")
    assert "show_password" not in buttons(seen)
    assert "was shown to @U0ALEX002" in shown(seen)


def test_a_password_that_may_be_in_force_can_be_shown():
    reset = samples.new_password()
    action = samples.action(reset, Outcome.UNKNOWN)
    assert "show_password" in buttons(card(samples.small(reset, state=ProposalState.DONE, actions=(action,))))


def test_a_warning_that_several_changes_have_is_said_once_with_their_numbers():
    made = tuple(replace(samples.change(n), warns=("It is an administrator", f"Own {n}")) for n in range(3))
    made = tuple(replace(change, tenant_wide=True) for change in made)
    text = shown(card(samples.small(*made)))
    assert text.count("It is an administrator") == 1
    assert "⚠ 1, 2, 3: It is an administrator" in text
    assert [f"Own {n}" in text for n in range(3)] == [True] * 3
    text = shown(card(samples.small(*made[:2])))
    assert text.count("It is an administrator") == 1
    assert "⚠ 1, 2: It is an administrator" in text


def test_why_several_changes_cannot_be_undone_is_said_once_and_the_account_is_not_named_in_each():
    subject = samples.ADELE.user_principal_name
    texts = (
        f"Revoke all sessions of {subject}",
        f"Revoke all sessions of {subject} again",
        f"Tell x{subject}",
    )
    made = [replace(samples.final(n, text=says), no_undo="It is over.") for n, says in enumerate(texts)]
    text = shown(card(samples.small(*made, reason="")))
    assert text.count("It is over") == 1
    assert "1. Revoke all sessions of the account (It is over)" in text
    assert "2. Revoke all sessions of the account again\n" in text
    assert f"3. Tell x{subject}" in text


def test_a_change_that_can_be_undone_only_marks_its_warning_and_the_thread_says_it():
    proposal = samples.small(replace(RULE, warns=("Rules of Outlook itself are lost",)))
    text = shown(card(proposal))
    assert "1. Disable the inbox rule Money ⚠" in text
    assert "⚠ marks changes with warnings; they are in the thread" in text
    in_full = replace(GRANT, warns=("The application stays",))
    assert "⚠ marks changes" not in shown(card(samples.small(in_full)))
    whole = "\n".join(shown(message) for message in proposal_details(proposal, names=samples.TITLES))
    assert "Rules of Outlook itself are lost" in whole


def test_whoever_decides_reads_what_it_comes_to_and_finds_the_buttons_before_the_changes():
    steps = (
        "block_sign_in",
        "disable_inbox_rules",
        "clean_junk_lists",
        "unblock_sending",
        "of_another_version",
    )
    made = [samples.change(n, step=step) for n, step in enumerate(steps)]
    proposal = samples.small(*made, samples.final(9, "reset_password", tenant_wide=True))
    message = card(proposal, situation="⛔ *Compromised*, confidence high.")
    kinds = [block["type"] for block in message.blocks]
    above = "\n".join(slack_text.lines(message.blocks[: kinds.index("actions")], lambda name: name))
    assert len(above.splitlines()) <= 9
    for part in (
        "⛔ *Compromised*, confidence high.",
        "*6 changes*: 2 stop the attacker, 2 remove what they left, 1 restores, 1 other",
        "*1 cannot be undone*; *2 disrupt work*; *1 affects others too*",
    ):
        assert part in above
    text = shown(message)
    below = text[text.index("[Approve]") :].splitlines()
    headings = [line for line in below if line.startswith("*") and line.endswith("*")]
    assert headings == [
        "*Cannot be undone*",
        "*Stop the attacker*",
        "*Remove what they left*",
        "*Restore*",
        "*Other*",
    ]


@pytest.mark.parametrize(
    ("outcomes", "header"),
    [
        ((Outcome.CONFIRMED, Outcome.UNCONFIRMED, Outcome.ALREADY), "● Carried out"),
        ((Outcome.ALREADY,), "● Carried out"),
        ((Outcome.CONFIRMED, Outcome.FAILED), "◑ Carried out in part"),
        ((Outcome.CONFIRMED, None), "◑ Carried out in part"),
        ((Outcome.CHANGED, Outcome.SKIPPED), "⛔ Nothing was changed"),
        ((Outcome.FAILED,), "⛔ Nothing was changed"),
        ((Outcome.REFUSED, Outcome.CHANGED), "⛔ Nothing was changed"),
        ((Outcome.UNKNOWN,), "⚠ Carried out, outcome unknown"),
        ((None, None), "⛔ Nothing was changed"),
    ],
)
def test_the_header_says_whether_what_was_approved_took_effect(outcomes, header):
    proposal = done(*outcomes)
    message = card(proposal)
    assert message.blocks[0]["text"]["text"] == f"{header}: adele.vance@contoso.example"
    assert header.partition(" ")[2].lower() in proposal_line(proposal)
    what_next = "Check again, and propose from the new check." in shown(message)
    assert what_next is header.startswith("⛔")


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.ALREADY, Outcome.SKIPPED, None])
def test_there_is_no_password_to_show_where_none_was_set(outcome):
    reset = samples.new_password()
    action = samples.action(reset, outcome)
    message = card(samples.small(reset, state=ProposalState.DONE, actions=(action,)))
    assert "show_password" not in buttons(message)
    assert "new password" not in shown(message).replace("Reset the password", "")
    assert "show_password" not in buttons(card(done(Outcome.CONFIRMED)))


def test_a_long_plan_is_shortened_and_the_whole_plan_is_in_the_thread():
    proposal = samples.small(*MANY)
    message = card(proposal)
    assert "the whole plan is in the thread" in shown(message)
    assert message.simpler
    assert message.simpler.simpler
    assert "Shortened here" in shown(message.simpler.simpler)
    assert buttons(message) == ["approve", "deny", "strike", "withdraw"]
    whole = "\n".join(shown(one) for one in proposal_details(proposal, names=samples.TITLES))
    for number in range(len(MANY)):
        assert f"{number + 1}. Disable the inbox rule number {number}." in whole
    assert "in the thread" not in shown(card(samples.small(RULE)))


def test_many_changes_that_can_be_undone_are_a_table_below_what_is_grave():
    """Every row is on the first page, for nobody should have to turn one to see what they approve."""
    proposal = samples.small(*(samples.change(n, text=f"Do thing {n}") for n in range(7)), GRANT)
    newest = card(proposal)
    assert newest.simpler
    assert newest.simpler.simpler
    kinds = [[block["type"] for block in one.blocks] for one in (newest, newest.simpler)]
    assert kinds[0].index("data_table") > kinds[0].index("actions")
    assert "table" in kinds[1]
    table = next(block for block in newest.blocks if block["type"] == "data_table")
    assert table["page_size"] == len(table["rows"]) - 1 == 7
    assert [cell["text"] for cell in table["rows"][1]] == [
        "1",
        "Do thing 0",
        "rule: on → off",
    ]
    for form in (newest, newest.simpler, newest.simpler.simpler):
        text = shown(form)
        assert slack.problems(list(form.blocks)) == []
        assert text.index("Revoke the grant to Perfect Data (Revoke") < text.index("Do thing 0")
        assert all(f"Do thing {n}" in text for n in range(7))


def test_the_table_has_the_changes_in_the_order_in_which_they_are_made():
    steps = ("block_sign_in", "restore_auditing", "remove_forwarding", "turn_off_auto_reply") * 2
    proposal = samples.small(*(samples.change(n, step) for n, step in enumerate(steps)))
    table = next(block for block in card(proposal).blocks if block["type"] == "data_table")
    assert [row[0]["text"] for row in table["rows"][1:]] == [str(n) for n in range(1, 9)]


@pytest.mark.parametrize(
    ("expects", "wants", "says"),
    [
        ({"accountEnabled": True}, {"accountEnabled": False}, "sign-in: on → off"),
        ({"a/status": "alwaysEnabled"}, {"a/status": "disabled"}, "status: always on → disabled"),
        ({"AccessRights": ["SendAs"]}, None, "SendAs → removed"),
        ({"resourceId": "811e8b97-ea65-4fff-a107-37c1d503e3ba"}, None, "present → removed"),
        ({}, None, "present → removed"),
        (None, {}, "none → set"),
        ({"x": "A", "y": 1}, {"x": None, "y": 1}, "x: A → none"),
        (
            {"DeliverToMailboxAndForward": True, "ForwardingSmtpAddress": "a@b.example"},
            {"DeliverToMailboxAndForward": False, "ForwardingSmtpAddress": None},
            "copy kept in the mailbox: on → off; forwarding address: a@b.example → none",
        ),
        (
            {"automaticRepliesSetting/status": "alwaysEnabled"},
            {"automaticRepliesSetting/status": "disabled"},
            "automatic replies: always on → off",
        ),
    ],
)
def test_what_was_before_and_is_after_is_said_in_words(expects, wants, says):
    assert before_and_after(replace(RULE, step="remove_delegates", expects=expects, wants=wants)) == says


def test_a_rule_that_is_disabled_is_not_said_to_be_removed():
    over_exchange = replace(RULE, step="disable_inbox_rules", expects={}, wants=None)
    assert before_and_after(over_exchange) == "present → disabled"
    junk = replace(RULE, step="clean_junk_lists", expects={}, wants=None)
    assert before_and_after(junk) == "present → removed"


@pytest.mark.parametrize(
    ("flag", "value", "wanted", "says"),
    [
        ("OWAforDevicesEnabled", True, False, "on → off"),
        ("SmtpClientAuthenticationDisabled", False, True, "on → off"),
        ("SmtpClientAuthenticationDisabled", None, True, "organization's default → off"),
        ("SmtpClientAuthenticationDisabled", True, None, "off → organization's default"),
    ],
)
def test_a_mail_protocol_is_on_or_off_whatever_its_switch_is_called(flag, value, wanted, says):
    change = replace(RULE, step="disable_mail_protocols", expects={flag: value}, wants={flag: wanted})
    assert before_and_after(change) == says


def test_of_what_only_moves_nothing_is_known_before():
    assert before_and_after(replace(RULE, moves=True, wants={})) == ""


def test_the_details_say_why_how_it_is_undone_and_what_is_sent():
    text = "\n".join(
        shown(one)
        for one in proposal_details(
            samples.small(RULE, GRANT, tasks_of=(samples.task(),)), names=samples.TITLES
        )
    )
    for part in (
        "Disable suspicious inbox rules",
        "why: Disable the inbox rule Money",
        "undo: Undo: Disable the inbox rule Money",
        "sends: PATCH /users/",
        "files: warning.txt",
        samples.small(RULE, GRANT, tasks_of=(samples.task(),)).digest,
    ):
        assert part in text


def test_a_restoring_change_says_that_the_step_can_be_proposed_again():
    again = samples.change(1, undo=None, no_undo="It is an undo itself.", id=undo_id("P-7F3K2", "a:1"))
    text = shown(card(samples.small(again, kind="restore")))
    assert "(can be repeated)" in text
    assert "Undo for adele.vance@contoso.example" in text


def test_the_case_is_linked_only_with_an_address_of_slack():
    link = "https://contoso.slack.example/archives/C0INCIDENT/p1"
    with_link = card(samples.small(RULE), case_link=link)
    assert slack_text.links("", list(with_link.blocks)) == (link,)
    assert slack_text.links("", list(card(samples.small(RULE), case_link="javascript:x").blocks)) == ()
