"""A real Bolt app over a real Socket Mode connection: commands, buttons, modals, shortcuts, events, acks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from slack_bolt import App
from slack_sdk.webhook import WebhookClient

from sandbox import workspace
from sandbox.workspace import PATIENCE, Message, NotOnScreenError, RunningWorkspace, View, rate_limited

from .bolt import MANIFEST, actions, button, client, connected, modal, reason, section

ROOM = "incident-room"


@pytest.fixture(scope="module")
def story():
    """A workspace with a connected app whose listeners the tests of this module use."""
    with workspace.start(MANIFEST, answers_within=PATIENCE) as slack:
        slack.limits.enabled = False
        with connected(slack) as app:
            listen(app)
            yield slack


class Seen:
    """What the listeners saw, for tests to look at."""

    bodies: list[dict[str, Any]] = []  # noqa: RUF012  # shared on purpose between the listeners and the tests


def listen(app: App) -> None:
    @app.command("/compromise")
    def command(ack, body, client, respond):
        Seen.bodies.append(body)
        match body["text"].split()[0]:
            case "hang":
                return
            case "card":
                ack()
                blocks = [section("card"), actions(button("go", "case-1"), button("stop", "case-1"))]
                client.chat_postMessage(channel=body["channel_id"], text="card", blocks=blocks)
            case "open":
                ack()
                client.views_open(trigger_id=body["trigger_id"], view=modal())
            case "respond":
                ack()
                respond("later")
            case "public":
                ack(text="for all", response_type="in_channel")
            case "broken":
                ack(blocks=[section("x" * 3001)])
            case _:
                ack(f"got {body['text']}")

    @app.action("go")
    def go(ack, body, respond):
        Seen.bodies.append(body)
        ack()
        respond(text="decided", replace_original=True)

    @app.action("stop")
    def stop(ack, body, client):
        ack()
        client.views_open(trigger_id=body["trigger_id"], view=modal())

    @app.action("deeper")
    def deeper(ack, body, client):
        ack()
        client.views_push(trigger_id=body["trigger_id"], view=modal(actions(button("deeper"))))

    @app.view("ask")
    def ask(ack, view):
        words = view["state"]["values"]["why"]["reason"]["value"]
        match words:
            case "too short":
                ack(response_action="errors", errors={"why": "Say more."})
            case "wrong place":
                ack(response_action="errors", errors={"nowhere": "Say more."})
            case "next":
                ack(response_action="update", view=modal(callback_id="second"))
            case "deep":
                ack(response_action="push", view=modal(actions(button("deeper"))))
            case "all":
                ack(response_action="clear")
            case _:
                ack()

    @app.view_closed("ask")
    def closed(ack, body):
        Seen.bodies.append(body)
        ack()

    @app.shortcut("report_account")
    def report(ack, body, client):
        ack()
        client.views_open(trigger_id=body["trigger_id"], view=modal())

    @app.shortcut("check_message")
    def check(ack, body):
        Seen.bodies.append(body)
        ack()

    @app.event("app_home_opened")
    def home(event, client, request):
        Seen.bodies.append({"retry": request.headers.get("x-slack-retry-num"), **event})
        view = {"type": "home", "blocks": [section("cases")]}
        client.views_publish(user_id=event["user"], view=view)


def post_card(slack: RunningWorkspace) -> Message:
    slack.slash("responder", ROOM, "/compromise", "card")
    known = {m.ts for m in slack.messages(ROOM)}
    return slack.wait_for(
        lambda: next((m for m in slack.messages(ROOM) if m.text == "card"), None), what=str(known)
    )


def wait_until(probe: Callable[[], bool]) -> None:
    while not probe():
        time.sleep(0.01)


def open_modal(slack: RunningWorkspace, person: str = "responder") -> View:
    slack.reload(person)
    slack.slash(person, ROOM, "/compromise", "open")
    return slack.wait_for(lambda: slack.modals(person))[-1]


def test_a_slash_command_is_acked_quickly_and_its_answer_is_for_one_person(story):
    delivery = story.slash("responder", ROOM, "/compromise", "check @adele.vance")
    assert delivery.error is None
    subject = story.people["subject"].id
    assert delivery.ack_payload == {"text": f"got check <@{subject}|adele.vance>"}
    assert story.as_text(story.ephemerals("responder")[-1]) == "got check @Adele Vance"
    assert not any("got check" in m.text for m in story.messages(ROOM))


def test_the_payload_says_who_and_where(story):
    story.slash("external", "with-fabrikam", "/compromise", "help")
    body = Seen.bodies[-1]
    assert (body["user_id"], body["team_id"]) == (story.people["external"].id, "T0FABRIKAM")
    assert body["channel_name"] == "with-fabrikam"
    story.slash("responder", ROOM, "/compromise", "help")
    assert Seen.bodies[-1]["channel_name"] == "privategroup"


def test_an_answer_may_be_for_the_whole_channel(story):
    story.slash("responder", ROOM, "/compromise", "public")
    assert story.messages(ROOM)[-1].text == "for all"


def test_an_answer_that_breaks_a_limit_is_not_shown(story):
    assert story.slash("responder", ROOM, "/compromise", "broken").error == "invalid_ack"


def test_a_command_does_not_work_in_a_thread(story):
    message = story.say("responder", ROOM, "hello")
    assert (
        story.slash("responder", ROOM, "/compromise", "help", thread_ts=message.ts).error
        == "not_supported_in_threads"
    )


def test_without_an_ack_the_person_sees_a_timeout(story):
    story.ack_seconds = 0.3
    try:
        delivery = story.slash("responder", ROOM, "/compromise", "hang")
    finally:
        story.ack_seconds = PATIENCE
    assert delivery.error == "operation_timeout"
    assert "operation_timeout" in story.ephemerals("responder")[-1].text


def test_a_click_replaces_the_message_through_its_response_url(story):
    card = post_card(story)
    delivery = story.click("approver", card, "go")
    assert delivery.error is None
    decided = story.wait_for(lambda: (m := story.current(card)).edited and m)
    assert story.as_text(decided) == "decided"
    assert decided.blocks == []
    body = Seen.bodies[-1]
    assert body["user"]["id"] == story.people["approver"].id
    assert body["actions"][0]["value"] == "case-1"
    assert body["container"]["message_ts"] == card.ts


def test_a_click_on_an_old_version_still_arrives_and_can_be_replayed(story):
    card = post_card(story)
    first = story.click("approver", card, "go")
    second = story.click("approver", card, "go")
    again = story.replay(first)
    assert (second.error, again.error) == (None, None)
    assert again.envelope == first.envelope


def test_nobody_can_use_what_is_not_there(story):
    card = post_card(story)
    with pytest.raises(NotOnScreenError, match="nothing called 'dance'"):
        story.click("approver", card, "dance")
    with pytest.raises(NotOnScreenError, match="nothing called 'go'"):
        story.click("approver", card, "go", "forged")
    with pytest.raises(NotOnScreenError, match="not a command"):
        story.slash("approver", ROOM, "/other")
    story.slash("responder", ROOM, "/compromise", "x")
    with pytest.raises(NotOnScreenError, match="does not see"):
        story.click("approver", story.ephemerals("responder")[-1], "go")


def test_a_modal_opens_and_closes_when_the_app_is_content(story):
    view = open_modal(story)
    assert (view.title, view.callback_id) == ("Ask", "ask")
    assert story.submit("responder", view, {"reason": "phoned"}).error is None
    assert story.modals("responder") == []


def test_a_modal_shows_the_errors_of_its_fields(story):
    view = open_modal(story)
    story.submit("responder", view, {"why": "too short"})
    (still,) = story.modals("responder")
    assert still.errors == {"why": "Say more."}
    assert story.submit("responder", still, {"why": {"reason": "wrong place"}}).error == "invalid_ack"


def test_slack_itself_keeps_an_empty_form_back(story):
    view = open_modal(story)
    delivery = story.submit("responder", view, {})
    assert delivery.error == "required_fields_missing"
    assert "why" in delivery.ack_payload["errors"]
    with pytest.raises(NotOnScreenError, match="no field"):
        story.submit("responder", view, {"colour": "red"})


def test_a_modal_may_be_replaced_or_all_closed(story):
    view = open_modal(story)
    story.submit("responder", view, {"reason": "next"})
    assert [v.callback_id for v in story.modals("responder")] == ["second"]
    story.submit("responder", open_modal(story), {"reason": "all"})
    assert story.modals("responder") == []


def test_a_menu_in_a_message_brings_what_was_chosen_and_typed(story):
    menu = {
        "type": "static_select",
        "action_id": "go",
        "placeholder": {"type": "plain_text", "text": "Pick"},
        "options": [{"text": {"type": "plain_text", "text": n}, "value": n.lower()} for n in ("One", "Two")],
    }
    people = {"type": "users_select", "action_id": "who"}
    client(story).chat_postMessage(channel=ROOM, text="menu", blocks=[actions(menu, people), reason()])
    message = next(m for m in story.messages(ROOM) if m.text == "menu")
    story.click("approver", message, "go", "Two", values={"reason": "phoned", "who": "subject"})
    body = next(b for b in reversed(Seen.bodies) if b.get("type") == "block_actions")
    assert body["actions"][0]["selected_option"]["value"] == "two"
    assert body["state"]["values"]["why"]["reason"]["value"] == "phoned"
    assert {"type": "users_select", "selected_user": story.people["subject"].id} in [
        e for block in body["state"]["values"].values() for e in block.values()
    ]
    with pytest.raises(NotOnScreenError, match="no option 'three'"):
        story.click("approver", message, "go", "three")


def test_three_modals_lie_on_each_other_at_most(story):
    story.submit("responder", open_modal(story), {"reason": "deep"})
    story.click("responder", story.modals("responder")[-1], "deeper")
    stack = story.wait_for(lambda: (m := story.modals("responder")) and len(m) == 3 and m)
    assert stack[2].previous_view_id == stack[1].id
    before = len(story.calls)
    story.click("responder", stack[-1], "deeper")
    refused = story.wait_for(
        lambda: next((c for c in story.calls[before:] if c.method == "views.push"), None)
    )
    assert refused.error == "push_limit_reached"
    story.close("responder", stack[1])
    assert [v.id for v in story.modals("responder")] == [stack[0].id]


def test_the_app_hears_of_a_closed_modal_only_if_it_asked(story, refusal):
    web = client(story)
    assert story.close("responder", open_modal(story)) is None
    view = open_modal(story)
    web.views_update(view_id=view.id, hash=view.hash, view=modal(notify_on_close=True))
    assert refusal(web.views_update, view_id=view.id, hash=view.hash, view=modal()) == "hash_conflict"
    delivery = story.close("responder", story.modals("responder")[-1])
    assert delivery is not None
    assert delivery.error is None
    assert Seen.bodies[-1]["type"] == "view_closed"
    assert refusal(web.views_update, view_id=view.id, view=modal()) == "not_found"


def clicked(slack: RunningWorkspace) -> str:
    """The trigger that somebody's click brings."""
    with slack.state.lock:
        return slack.state.new_trigger(slack.people["responder"].id)


def test_a_trigger_works_once_and_for_three_seconds(still, refusal):
    web = client(still)
    used = clicked(still)
    web.views_open(trigger_id=used, view=modal())
    assert refusal(web.views_open, trigger_id=used, view=modal()) == "exchanged_trigger_id"
    in_time, late = clicked(still), clicked(still)
    still.advance(3)
    web.views_open(trigger_id=in_time, view=modal())
    still.advance(0.1)
    assert refusal(web.views_open, trigger_id=late, view=modal()) == "expired_trigger_id"
    assert refusal(web.views_open, trigger_id="1.2.3", view=modal()) == "invalid_trigger_id"
    wrong = modal(title={"type": "plain_text", "text": "t" * 25})
    assert refusal(web.views_open, trigger_id="1.2.3", view=wrong) == "invalid_arguments"


def test_a_response_url_works_five_times_within_half_an_hour(story):
    url = story.slash("responder", ROOM, "/compromise", "x").payload["response_url"]
    hook = WebhookClient(url)
    assert [hook.send(text=f"n{n}").status_code for n in range(6)] == [200] * 5 + [404]
    assert hook.send(text="x").body == '{"ok":false,"error":"used_url"}'
    assert [m.text for m in story.ephemerals("responder")][-5:] == [f"n{n}" for n in range(5)]
    late = WebhookClient(story.slash("responder", ROOM, "/compromise", "x").payload["response_url"])
    story.advance(30 * 60 + 1)
    assert late.send(text="x").body == '{"ok":false,"error":"expired_url"}'
    assert "response_url" in {e["kind"] for e in story.transcript}


def test_shortcuts_bring_a_trigger_and_the_message(story):
    story.reload("responder")
    assert story.shortcut("responder", "report_account").error is None
    assert story.wait_for(lambda: story.modals("responder"))
    message = story.say("bystander", "security-alerts", "adele's mail is odd")
    assert story.shortcut("responder", "check_message", message).error is None
    assert Seen.bodies[-1]["message"]["text"] == "adele's mail is odd"
    with pytest.raises(NotOnScreenError, match="no global shortcut"):
        story.shortcut("responder", "check_message")


def test_the_home_tab_is_drawn_when_it_is_opened(story):
    assert story.open_home("approver").error is None
    home = story.wait_for(lambda: story.home("approver"))
    assert story.as_text(home) == "cases"
    assert story.home("responder") is None


def test_an_event_comes_again_with_its_number_when_nobody_acked(story):
    def pauses() -> Iterator[float]:
        # Without any patience while nobody is connected, and with all of it once the app is back.
        yield 0.0
        story.wait_connected()
        story.ack_seconds = PATIENCE
        yield 0.0

    story.faults.disconnect_socket()
    story.ack_seconds, story.event_retries = 0.0, pauses()
    try:
        delivery = story.open_home("second_approver")
    finally:
        story.ack_seconds, story.event_retries = PATIENCE, (0.0,)
    assert delivery.error is None
    assert delivery.retries
    assert {d.error for d in delivery.retries} <= {"dispatch_failed", "operation_timeout"}
    assert delivery.envelope["retry_attempt"] == len(delivery.retries)
    number = [str(len(delivery.retries))]
    wait_until(lambda: any(body.get("retry") == number for body in Seen.bodies))
    assert story.wait_for(lambda: story.home("second_approver"))


@pytest.mark.parametrize("leave", ["disconnect_socket", "refresh_socket", "warn_socket"])
def test_the_app_comes_back_after_its_connection_went(story, leave):
    story.wait_connected()
    assert getattr(story.faults, leave)() == 1
    delivery = story.slash("responder", ROOM, "/compromise", "still there")
    assert (delivery.error, delivery.ack_payload) == (None, {"text": "got still there"})


def test_an_event_must_be_in_the_manifest(story):
    with pytest.raises(NotOnScreenError, match="does not subscribe"):
        story.event({"type": "app_mention"})


def test_fifty_commands_at_once_are_all_acked(story):
    with ThreadPoolExecutor(50) as crowd:
        found = list(crowd.map(lambda n: story.slash("responder", ROOM, "/compromise", f"n{n}"), range(50)))
    assert [d.error for d in found] == [None] * 50
    assert {d.ack_payload["text"] for d in found} == {f"got n{n}" for n in range(50)}


def test_each_payload_goes_to_one_of_several_connections(fresh):
    heard: list[str] = []

    def answering(app: App, name: str) -> None:
        @app.command("/compromise")
        def command(ack):
            heard.append(name)
            ack()

    with connected(fresh) as first, connected(fresh) as second:
        answering(first, "first")
        answering(second, "second")
        wait_until(lambda: fresh.connections == 2)
        for _ in range(6):
            fresh.slash("responder", ROOM, "/compromise", "x")
    assert sorted(heard) == ["first"] * 3 + ["second"] * 3


def test_an_app_has_three_seconds_to_acknowledge(fresh):
    assert fresh.ack_seconds == 3


def test_without_a_connection_the_command_fails(fresh):
    fresh.ack_seconds = 0.1
    assert fresh.slash("responder", ROOM, "/compromise", "x").error == "dispatch_failed"


def test_nothing_is_left_running(refusal):
    before = set(threading.enumerate())
    with workspace.start(MANIFEST) as slack, connected(slack) as app:
        listen(app)
        slack.faults.add("chat.postMessage", rate_limited())
        slack.slash("responder", ROOM, "/compromise", "x")
    # A thread that was told to end needs a moment for it.
    wait_until(lambda: not [one for one in threading.enumerate() if one not in before and one.is_alive()])
