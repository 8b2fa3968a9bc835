"""Entries leave for other systems in their order, at least once, and never more than was written."""

from __future__ import annotations

import base64
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bot.artefacts import report_store
from bot.artefacts.handled import Handled
from bot.errors import CannotStart, SlackFailed
from bot.messages import parts
from bot.outgoing.cef import cef, syslog
from bot.outgoing.forwarder import Forwarder, NotDelivered
from bot.outgoing.siem_syslog import SiemSyslog
from bot.outgoing.siem_webhook import SiemWebhook
from bot.outgoing.tickets import TRIED, Tickets, told
from bot.webhooks import key_of, new_secret, why_not
from commands.containment.proposals import Action
from commands.ledger import BOT, Case, Entry, Ledger
from commands.ledger import entries as e
from commands.ledger.verify import verify_ledger
from commands.plans.outcomes import Outcome
from commands.report import Clause
from graph.question import Window
from tests.bot.messages import samples
from tests.commands import plans

KEY = key_of(new_secret())
PHONE = samples.change(1, "remove_sign_in_methods", "Remove the phone")


class Receiver:
    """Another system: takes what is posted, or answers with what it is told to."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.statuses: list[int] = []
        self.answer = b"{}"
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append(({name.lower(): text for name, text in self.headers.items()}, body))
                self.send_response(receiver.statuses.pop(0) if receiver.statuses else 200)
                self.send_header("Location", "http://127.0.0.1:1/")
                self.send_header("Content-Length", str(len(receiver.answer)))
                self.end_headers()
                self.wfile.write(receiver.answer)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/"

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with closing(Receiver()) as running:
        yield running


@pytest.fixture
def clock() -> plans.Clock:
    return plans.Clock()


@pytest.fixture
def ledger(tmp_path: Path, clock: plans.Clock) -> Iterator[Ledger]:
    with closing(Ledger(tmp_path / "ledger.db", clock)) as book:
        book.append(e.HistoryShown(), "U0PAST")
        yield book


def numbers(receiver: Receiver) -> list[int]:
    return [json.loads(body)["data"]["seq"] for _, body in receiver.got]


def test_each_entry_is_posted_once_in_its_order_signed_and_the_past_is_not(ledger, receiver, clock):
    forwarder = Forwarder(ledger, SiemWebhook(receiver.url, KEY, clock), clock)
    assert forwarder.forward() == 0
    for _ in range(3):
        ledger.append(e.HistoryShown(), "U0MEGAN")
    assert forwarder.forward() == 3
    assert forwarder.forward() == 0
    kinds = {entry.seq: entry.kind for entry in ledger.entries()}
    assert [kinds[number] for number in numbers(receiver)] == ["history_shown"] * 3
    assert numbers(receiver) == sorted(numbers(receiver))
    for got, body in receiver.got:
        assert why_not(KEY, got, body, clock()) == ""
    stored = {entry.seq: entry for entry in ledger.entries()}
    data = json.loads(receiver.got[0][1])["data"]
    assert data["hash"] == stored[data["seq"]].hash.hex()
    assert data["facts"] == stored[data["seq"]].facts


def test_what_is_not_taken_is_sent_again_and_nothing_after_it_goes_first(ledger, receiver, clock):
    forwarder = Forwarder(ledger, SiemWebhook(receiver.url, KEY, clock), clock)
    forwarder.forward()
    for _ in range(3):
        ledger.append(e.HistoryShown(), "U0MEGAN")
    receiver.statuses = [200, 503]
    with pytest.raises(NotDelivered, match="503"):
        forwarder.forward()
    receiver.statuses = [302]
    with pytest.raises(NotDelivered, match="302"):
        forwarder.forward()
    forwarder.forward()
    first, second, third = sorted(set(numbers(receiver)))
    assert numbers(receiver) == [first, second, second, second, third]


def test_after_a_kill_it_goes_on_where_it_was_noted_and_a_repeat_has_the_same_id(ledger, receiver, clock):
    forwarder = Forwarder(ledger, SiemWebhook(receiver.url, KEY, clock), clock)
    forwarder.forward()
    ledger.append(e.HistoryShown(), "U0MEGAN")
    forwarder.forward()
    # Another process, with what the ledger knows; the one before noted nothing since its start.
    Forwarder(ledger, SiemWebhook(receiver.url, KEY, clock), clock).forward()
    assert len(receiver.got) == 2
    assert len({got["webhook-id"] for got, _ in receiver.got}) == 1


def test_how_far_it_is_is_noted_now_and_then_and_no_note_makes_another(ledger, receiver, clock):
    forwarder = Forwarder(ledger, SiemWebhook(receiver.url, KEY, clock), clock)
    for _ in range(4):
        clock.pass_(timedelta(minutes=6))
        ledger.append(e.HistoryShown(), "U0MEGAN")
        forwarder.forward()
        forwarder.forward()
    size = ledger.head().size
    clock.pass_(timedelta(hours=5))
    forwarder.forward()
    forwarder.stop()
    assert ledger.head().size <= size + 1
    assert verify_ledger(ledger.path).head == ledger.head()


def entry_of(event: e.Event, actor: str = "U0MEGAN") -> Entry:
    return Entry(
        7, "2026-11-29T10:00:00.123456+00:00", event.KIND, 1, actor, "C-2ABCD", e.body_of(event), b"p", b"h"
    )


def test_a_line_of_cef_can_be_read_back_whatever_people_typed():
    hostile = "a=b|c\\d\nCEF:0|forged|line\r<1>1 forged"
    line = cef(entry_of(e.Asked("r1", "C0", hostile), actor="x|y=z\n"))
    assert "\n" not in line
    assert "\r" not in line
    header, extension = line.split("|asked|")[0], line.partition("externalId=")[2]
    assert header.startswith("CEF:0|compromise-bot|compromise-bot|")
    assert extension.startswith("7 suser=x|y\\=z\\n ")
    assert "msg=" in extension


def test_a_frame_says_its_length_and_its_severity():
    raw = syslog(entry_of(e.ChangeEnded("P-1", "c", "failed")), "host")
    length, _, message = raw.partition(b" ")
    assert int(length) == len(message)
    assert message.startswith(b"<108>1 2026-11-29T10:00:00.123Z host compromise-bot - change_ended - CEF:0|")


def test_entries_go_over_a_syslog_connection_that_comes_back(ledger, clock):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(30)
        target = SiemSyslog(f"tcp://127.0.0.1:{server.getsockname()[1]}")
        forwarder = Forwarder(ledger, target, clock)
        forwarder.forward()
        ledger.append(e.HistoryShown(), "U0MEGAN")
        assert forwarder.forward() == 1
        first, _ = server.accept()
        with first:
            first.settimeout(30)
            assert b"history_shown" in first.recv(65536)
        # The other side went away; the next entry goes over a new connection.
        ledger.append(e.PlanShown(), "U0MEGAN")
        assert forwarder.forward() == 1
        second, _ = server.accept()
        with second:
            second.settimeout(30)
            assert b"plan_shown" in second.recv(65536)
        target.close()
    ledger.append(e.PlanShown(), "U0MEGAN")
    with pytest.raises(NotDelivered):
        forwarder.forward()


def checked(ledger: Ledger, case_id: str, verdict: str) -> None:
    """A case whose check ended."""
    clock = plans.Clock()
    with ledger.writing() as writing:
        writing.open_case(
            case_id,
            tenant="Contoso",
            subject=plans.ADELE,
            window=Window(clock() - timedelta(days=1), clock()),
            channel="C0",
            asked_by="U0MEGAN",
        )
        writing.finish(case_id, verdict=verdict, report=report_store.dump(samples.rich()))


def tickets(
    ledger: Ledger,
    receiver: Receiver,
    template: str = "servicenow",
    tell: Callable[[Case, str], None] = lambda case, says: None,  # noqa: ARG005
    **values: str,
) -> Tickets:
    return Tickets(
        ledger,
        url=receiver.url,
        template=template,
        authorization="Basic " + base64.b64encode(b"bot:invented").decode(),
        verdicts=("compromised",),
        values=values,
        link=lambda case: f"https://contoso.slack.com/{case.id}",
        tell=tell,
    )


def test_a_ticket_is_filed_once_for_a_case_whose_verdict_asks_for_one(ledger, receiver, clock):
    forwarder = Forwarder(ledger, tickets(ledger, receiver), clock)
    forwarder.forward()
    receiver.answer = b'{"result": {"number": "INC0010001", "sys_id": "x"}}'
    checked(ledger, "C-2ABCD", "compromised")
    checked(ledger, "C-3ABCD", "no-sign-found")
    with ledger.writing() as writing:
        writing.run_again("C-2ABCD", BOT, "once more")
        writing.finish("C-2ABCD", verdict="compromised", report="")
    forwarder.forward()
    [(got, body)] = receiver.got
    assert got["authorization"].startswith("Basic ")
    ticket = json.loads(body)
    assert ticket["correlation_id"] == "C-2ABCD"
    assert plans.ADELE.mail in ticket["short_description"]
    assert "https://contoso.slack.com/C-2ABCD" in ticket["description"]
    filed = [one.event for one in ledger.entries(kinds=("ticket_filed",))]
    assert filed == [e.TicketFiled("INC0010001")]
    assert "invented" not in str([entry.body for entry in ledger.entries()])


def test_a_ticket_that_is_late_names_as_open_what_is_open_by_then(ledger):
    """What closed a door was carried out while the ticket system was away."""
    checked(ledger, "C-2ABCD", "compromised")
    report = samples.rich()
    assert report.story is not None
    door = Clause("the phone +44", closed_by=((PHONE.id,),))
    report = replace(report, story=replace(report.story, still_open=(door,)))
    case = replace(ledger.case("C-2ABCD"), report=report_store.dump(report).decode())
    before = told(case, Handled(), "")["text"]
    assert "Still open to them: the phone +44." in before
    assert f"Open items are listed as of {parts.utc(report.window.end)}." in before
    at = samples.NOW + timedelta(minutes=5)
    action = Action(PHONE.id, 1, None, at, Outcome.CONFIRMED, "", at)
    proposal = samples.small(PHONE, actions=(action,))
    after = told(case, Handled(proposals=(proposal,)), "")["text"]
    assert "All that was open to them (1 item) is remediated." in after
    assert f"Open items are listed as of {parts.utc(at)}." in after


def test_the_ticket_of_jira_is_an_issue_with_a_document_as_its_description(ledger, receiver):
    target = tickets(ledger, receiver, "jira", project="SEC")
    text = 'one "quoted"\n\n{{ two }}\n</script>'
    made = json.loads(
        target.body(
            {
                "case": "C-2ABCD",
                "title": "t",
                "text": text,
                "verdict": "compromised",
                "link": "",
                "account": "",
            }
        )
    )
    assert made["fields"]["project"] == {"key": "SEC"}
    lines = [part["content"][0]["text"] for part in made["fields"]["description"]["content"]]
    assert lines == ['one "quoted"', "{{ two }}", "</script>"]


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("{{ nothing }}", "nothing"),
        ("no json", "Expecting value"),
        ('{"a": {{ title }} }', "Expecting value"),
        ('{"a": "{{ title }}"}', "tojson"),
        ("{\"a\": \"{{ text | replace('\\n', ' ') }}\"}", "tojson"),
        ('{"a": "{{ account }}"}', "tojson"),
    ],
)
def test_a_template_that_cannot_work_stops_the_start(ledger, receiver, tmp_path, template, says):
    path = tmp_path / "ticket.json"
    path.write_text(template)
    with pytest.raises(CannotStart, match=says):
        tickets(ledger, receiver, str(path))


def test_what_is_ours_needs_no_tojson(ledger, receiver, tmp_path):
    path = tmp_path / "ticket.json"
    path.write_text('{"a": "{{ case }} {{ verdict }}", "b": {{ title | tojson }}}')
    assert json.loads(tickets(ledger, receiver, str(path)).body(TRIED))["a"] == "C-2ABCD compromised"


FAILS_FOR_ONE = '{"a": {{ title | tojson }} {{ "," if "C-3ABCD" in title }} }'
"""No template of this shape is found out at the start: it fails for one case alone."""


def refused(ledger: Ledger) -> list[tuple[str, str]]:
    found = ledger.entries(kinds=("ticket_not_filed",))
    return [(entry.case_id, str(entry.facts["says"])) for entry in found]


def test_a_case_for_which_the_template_fails_is_set_aside_told_once_and_holds_up_no_other(
    ledger, receiver, clock, tmp_path
):
    path = tmp_path / "ticket.json"
    path.write_text(FAILS_FOR_ONE)
    heard: list[tuple[str, str]] = []
    target = tickets(ledger, receiver, str(path), tell=lambda case, says: heard.append((case.id, says)))
    forwarder = Forwarder(ledger, target, clock)
    forwarder.forward()
    for case in ("C-2ABCD", "C-3ABCD", "C-4ABCD"):
        checked(ledger, case, "compromised")
    forwarder.forward()
    forwarder.forward()
    assert [json.loads(body)["a"].partition("case ")[2] for _, body in receiver.got] == [
        "C-2ABCD)",
        "C-4ABCD)",
    ]
    [(case, says)] = heard
    assert case == "C-3ABCD"
    assert "tickets.template" in says
    assert refused(ledger) == heard


def test_a_ticket_that_the_other_side_refuses_for_good_is_set_aside_and_one_it_may_take_later_is_not(
    ledger, receiver, clock
):
    def tell(case: Case, says: str) -> None:
        raise SlackFailed("chat.postMessage", "is_archived")

    forwarder = Forwarder(ledger, tickets(ledger, receiver, tell=tell), clock)
    forwarder.forward()
    checked(ledger, "C-2ABCD", "compromised")
    checked(ledger, "C-3ABCD", "compromised")
    receiver.statuses = [422, 401]
    with pytest.raises(NotDelivered, match="401"):
        forwarder.forward()
    assert [case for case, _ in refused(ledger)] == ["C-2ABCD"]
    forwarder.forward()
    assert [json.loads(body)["correlation_id"] for _, body in receiver.got] == [
        "C-2ABCD",
        "C-3ABCD",
        "C-3ABCD",
    ]


def test_jira_without_a_project_stops_the_start(ledger, receiver):
    with pytest.raises(CannotStart, match=r"tickets\.values"):
        tickets(ledger, receiver, "jira")
