"""However many pages a service names, a source takes in what fits, and says after how much it stopped."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from time import sleep
from typing import Any

import pytest

from bot.messages.details import details
from commands.check import judge
from graph.collect import collect
from graph.connection import Connection
from graph.effects import Item
from graph.errors import GraphError, TooMuch
from graph.evidence import SOURCES, Evidence, Known
from graph.limits import Deadline
from graph.most import Most, Tally, Whole
from graph.request import Cmdlet, Request
from graph.responses import Page
from tests.graph.play import NOW, a_question
from tests.graph.service import QUICK, Got, Reply, Service
from tests.graph.test_collect import Memory

USERS = Request("GET", "/users")
TWO: list[Item] = [{"id": "1", "name": "x" * 400}, {"id": "2", "name": "y" * 400}]
RIGHT = {"User": "bob@fabrikam.example", "Trustee": "bob@fabrikam.example", "AccessRights": ["FullAccess"]}


def endless(service: Service, page: list[Item]) -> None:
    """Answer every question with a page and a link to a further one, each another."""

    def answer(got: Got) -> Reply:
        link = f"{service.url}{got.path.partition('?')[0]}?$skiptoken={len(service.got)}"
        return Reply(body={"value": page, "@odata.nextLink": link})

    service.answer = answer


def ask(service: Service, source: str, most: Most) -> tuple[Any, list[Item]]:
    """The source's answer, and the items that were taken in for it."""
    taken: list[Item] = []

    def keep(source: str, asked: Request | Cmdlet, answer: list[Item] | GraphError) -> None:
        del source, asked
        taken.extend(() if isinstance(answer, GraphError) else answer)

    with Connection(service.settings(), pacing=QUICK, most=most) as connection:
        (arrived,) = collect(
            a_question(1), connection, Memory(), patience=600, sources=[source], recorder=keep
        )
    return arrived.answer, taken


@pytest.mark.parametrize("what", [USERS, Cmdlet("Get-Mailbox")], ids=["Graph", "Exchange"])
@pytest.mark.parametrize(
    ("most", "pages"),
    [(Most(pages=5), 5), (Most(items=8), 4), (Most(size=5_000), 6)],
    ids=["pages", "items", "bytes"],
)
def test_pages_without_end_are_given_up_with_what_was_read(
    service: Service, what: Request | Cmdlet, most: Most, pages: int
) -> None:
    endless(service, TWO)
    with (
        Connection(service.settings(), pacing=QUICK, most=most) as connection,
        pytest.raises(TooMuch, match=rf"stopped after {2 * pages} items on {pages} pages") as stopped,
    ):
        connection.fetch(what, Deadline(600))
    assert len(stopped.value.items) == 2 * pages
    asked = [got for got in service.got if "users" in got.path or "InvokeCommand" in got.path]
    assert len(asked) == pages


def test_a_page_larger_than_what_is_left_is_cut(service: Service) -> None:
    endless(service, TWO)
    with (
        Connection(service.settings(), pacing=QUICK, most=Most(items=3)) as connection,
        pytest.raises(TooMuch, match=r"stopped after 3 items on 2 pages") as stopped,
    ):
        connection.fetch(USERS, Deadline(600))
    assert len(stopped.value.items) == 3


def test_the_parts_of_a_batch_count_together(service: Service) -> None:
    def answer(got: Got) -> Reply:
        if got.method == "GET":
            return Reply(body={"value": TWO})
        link = f"{service.url}/graph/v1.0/users?$skiptoken={len(service.got)}"
        body = {"value": TWO, "@odata.nextLink": link}
        parts = [{"id": part["id"], "status": 200, "body": body} for part in got.body["requests"]]
        return Reply(body={"responses": parts})

    service.answer = answer
    with Connection(service.settings(), pacing=QUICK, most=Most(items=7)) as connection:
        answers = connection.fetch_batch([USERS] * 4, Deadline(600))
    first, second, *rest = answers
    assert first == [*TWO, *TWO]
    assert isinstance(second, TooMuch)
    assert len(second.items) == 3
    assert "stopped after 7 items on 4 pages" in second.sentence
    assert [one.items for one in rest if isinstance(one, TooMuch)] == [(), ()]
    assert len([got for got in service.got if got.method == "GET"]) == 2


@pytest.mark.parametrize(
    "most", [Most(pages=7), Most(items=9), Most(size=3_000)], ids=["pages", "items", "bytes"]
)
def test_all_questions_of_a_source_share_its_bounds(service: Service, most: Most) -> None:
    endless(service, [RIGHT, RIGHT])
    answer, taken = ask(service, "delegates", most)
    assert isinstance(answer, Known)
    assert len(taken) <= 24
    assert f"stopped after {len(taken)} items on " in answer.missing[0]


def test_questions_that_end_but_are_too_many_are_cut_as_well(service: Service) -> None:
    service.answer = lambda _: Reply(body={"value": [RIGHT, RIGHT]})
    answer, taken = ask(service, "delegates", Most(items=5))
    assert isinstance(answer, Known)
    assert len(taken) == 5
    assert "stopped after 5 items on 3 pages" in answer.missing[0]


def test_what_just_fits_is_whole(service: Service) -> None:
    service.answer = lambda _: Reply(body={"value": [{"Name": "Copy", "State": "Enabled"}] * 3})
    answer, taken = ask(service, "transport_rules", Most(pages=1, items=3))
    assert isinstance(answer, Known)
    assert len(taken) == 3
    assert not [one for one in answer.missing if "Too many results" in one]


MANY: list[Item] = [{"id": str(number)} for number in range(1_000)]


@pytest.mark.slow
def test_all_sources_of_a_check_share_one_more_bound(service: Service) -> None:
    """Each may bring so much that thirty-five of them would fill the memory."""
    endless(service, MANY)
    in_all = Most(items=20_000)
    taken: dict[str, int] = dict.fromkeys(SOURCES, 0)

    def keep(source: str, asked: Request | Cmdlet, answer: list[Item] | GraphError) -> None:
        del asked
        taken[source] += 0 if isinstance(answer, GraphError) else len(answer)

    with Connection(service.settings(), pacing=QUICK, most_in_all=in_all) as connection:
        # The audit search never ends here, so the whole patience is waited for.
        arrived = list(collect(a_question(1), connection, Memory(), patience=60, recorder=keep))
    assert len(arrived) == len(SOURCES)
    # Every source may bring its first 2,000 items whatever the others brought.
    assert in_all.items < sum(taken.values()) <= in_all.items + 2_000 * len(SOURCES)
    cut = [one.answer for one in arrived if isinstance(one.answer, Known) and one.answer.missing]
    said = [answer.missing[0] for answer in cut if "all sources together brought" in answer.missing[0]]
    assert len(said) > 10
    assert all(one.startswith("Too many results: stopped after ") for one in said)


def test_what_two_full_sources_left_no_room_for_still_brings_its_first_items() -> None:
    whole = Whole(Most(items=100), anyway=Most(items=10))
    flood, rules = Tally(Most(), whole), Tally(Most(), whole)
    kept, more = flood.take(Page(MANY, link="next"), 1)
    assert (len(kept), more) == (100, True)
    assert flood.says == (
        "Too many results: stopped after 100 items on 1 pages, 0 MB, "
        "because all sources together brought 100 items on 1 pages, 0 MB"
    )
    assert rules.take(Page(MANY[:8]), 1) == (MANY[:8], False)
    assert not rules.says
    assert rules.take(Page(MANY[:8]), 1) == (MANY[:2], True)
    assert "stopped after 10 items on 2 pages" in rules.says
    assert "brought 110 items on 3 pages" in rules.says


@pytest.mark.parametrize("most", [Most(pages=4), Most(size=4)], ids=["pages", "bytes"])
def test_pages_and_bytes_of_all_sources_are_counted_together(most: Most) -> None:
    whole = Whole(most, anyway=Most(items=0))
    one, other = Tally(Most(), whole), Tally(Most(), whole)
    page = Page([{"id": "1"}], link="next")
    assert [tally.take(page, 1)[1] for tally in (one, other, one, other)] == [False, False, False, True]
    assert one.take(page, 1) == ([], True)
    assert "stopped after 2 items on 2 pages" in one.says


class Slow(list[Item]):
    """Items that take their time to be looked at, so that another thread gets its turn in between."""

    def __getitem__(self, where: Any) -> Any:
        sleep(0.001)
        return super().__getitem__(where)


def test_two_threads_of_one_source_never_take_in_more_than_fits() -> None:
    tally = Tally(Most(items=100))
    page = Page(Slow([{"id": "1"}] * 3))
    with ThreadPoolExecutor(8) as pool:
        kept = list(pool.map(lambda _: len(tally.take(page, 1)[0]), range(80)))
    assert sum(kept) == 100
    assert "stopped after 100 items on 34 pages" in tally.says


def test_how_far_a_search_has_come_can_still_be_asked_when_nothing_more_fits() -> None:
    tally = Tally(Most(items=1))
    assert tally.take(Page([{"id": "1"}, {"id": "2"}]), 10) == ([{"id": "1"}], True)
    status = Page([{"id": "s", "status": "succeeded"}], listed=False)
    assert tally.take(status, 10) == (status.items, False)


def test_people_are_told_after_how_much_the_reading_stopped(service: Service) -> None:
    endless(service, [{"Name": "Copy", "State": "Enabled"}])
    answer, _ = ask(service, "transport_rules", Most(pages=3))
    assert len(answer.value) == 3
    question = a_question(1)
    evidence = Evidence(subject=question.subject, window=question.window, transport_rules=answer)
    said = "\n".join(str(message.blocks) for message in details(judge(evidence, NOW)))
    assert "Too many results: stopped after 3 items on 3 pages" in said


@pytest.mark.parametrize(
    "warning",
    [
        "There are more results available than are currently displayed.",
        "To view them, increase the value for the ResultSize parameter.",
        "By default, only the first 1000 items are returned. Use the ResultSize parameter for more.",
    ],
)
def test_a_source_that_a_cmdlet_cut_off_is_partial_and_says_after_how_much(
    service: Service, warning: str
) -> None:
    rules = [{"Name": "Copy", "State": "Enabled"}]
    service.answers(Reply(body={"value": rules, "@adminapi.warnings": [warning]}))
    answer, taken = ask(service, "transport_rules", Most())
    assert isinstance(answer, Known)
    assert len(answer.value) == len(taken) == 1
    assert "Exchange has more than it returned: 1 items of Get-TransportRule came" in answer.missing
