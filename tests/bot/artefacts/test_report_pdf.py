"""The PDF answers on two pages, holds a case on a dozen, and shows an attack as text in every script."""

from __future__ import annotations

import re
import subprocess
import sys
import unicodedata
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pypdfium2
import pytest
from fontTools.ttLib import TTFont

from bot.artefacts import paper
from bot.artefacts.handled import NOTHING, Handled, Rechecked
from bot.artefacts.report_html import report_html
from bot.artefacts.report_pdf import report_pdf, rooms_of
from commands.containment.propose import offer
from commands.ledger.tasks import TaskState
from commands.plans.approval import ProposalState
from commands.plans.plan import Change, ManualTask
from commands.report import Coverage, Report
from tests.bot.artefacts.attacks import ATTACK, attacked, findings_with_values, handled, keyed, voted
from tests.bot.artefacts.test_summary import BLOCK, RESET, REVOKE, action, dealt
from tests.bot.messages import samples
from tests.commands.steps.rich import collected
from tests.each import each

FONTS = Path(paper.__file__).parent / "fonts"


def pages(report: Report, of: Handled = NOTHING) -> list[str]:
    """The text of each page, without the breaks that long words may have."""
    document = pypdfium2.PdfDocument(report_pdf(report, of))
    texts = [page.get_textpage().get_text_range() for page in document]
    document.close()
    return [" ".join(text.replace("\u200b", "").split()) for text in texts]


def test_the_first_two_pages_answer_and_the_contents_stand_on_them():
    first, second, *_ = pages(samples.rich(), dealt(BLOCK, REVOKE, RESET))
    told = first + second
    for part in (
        "COMPROMISED",
        "What happened?",
        "Since when, from where, how?",
        "Is it contained?",
        "Do now",
        "Yes, since 2026-03-02 09:33 UTC; existing access tokens may work until 10:33 UTC",
        "Whose data?",
        "at least 13 messages opened one by one",
        "What was sent, and to whom?",
        "By 2026-03-05 09:30 UTC, to be checked by counsel",
        "What is not known?",
        "Contents",
        "Findings",
    ):
        assert part in told, part


PAGES = 12
"""How many printed pages the played takeover may take."""


def played() -> tuple[Report, Handled]:
    """The played takeover, with every change that its findings ask for carried out, and all tasks open."""
    planning = collected("the takeover").planning
    planned = offer(planning.evidence, planning.report, planning.guard)
    changes = tuple(one for one in planned if isinstance(one, Change) and one.suggested)
    tasks = tuple(
        TaskState(one.id, number, one.says, one.how)
        for number, one in enumerate((one for one in planned if isinstance(one, ManualTask)), start=1)
    )
    (first, *_) = samples.decided(samples.WORDS)
    done = replace(
        first,
        state=ProposalState.DONE,
        plan=replace(first.plan, changes=changes),
        actions=tuple(action(one.id, 5) for one in changes),
    )
    return planning.report, Handled("C-7F3K2", (done,), tasks, opened_at=samples.NOW)


def carried_out(report: Report, of: Handled) -> tuple[Report, Handled]:
    return report, of


def given_back(report: Report, of: Handled) -> tuple[Report, Handled]:
    """Sign-in given back, rechecked, and some sources not collected: some lines more in the answers."""
    done = of.proposals[0]
    block = next(one for one in done.plan.changes if one.id.startswith("block_sign_in"))
    back = action(f"restore:P-1:{block.id}", 6)
    held = tuple(one.id for one in done.plan.changes if one is not block)
    seen = Rechecked(samples.NOW + timedelta(hours=1), "", raised=False, held=held[:-3])
    sources = tuple(
        replace(
            one,
            state=Coverage.UNAVAILABLE,
            reason=f"the application lacks the permission to read it ({number})",
        )
        if number < 12
        else one
        for number, one in enumerate(report.sources)
    )
    told = replace(of, proposals=(replace(done, actions=(*done.actions, back)),), rechecked=seen)
    return replace(report, sources=sources), told


@pytest.mark.parametrize("later", [carried_out, given_back])
def test_the_played_takeover_takes_twelve_pages_and_its_answers_two(later):
    report, of = later(*played())
    assert len(of.proposals[0].actions) > 30
    assert len(of.tasks) > 15
    told = pages(report, of)
    assert len(told) <= PAGES
    places = {
        part: next(n for n, text in enumerate(told, start=1) if part in text)
        for part in ("Do now 1. ", "What is not known?", "2 What happened, and who else")
    }
    assert places == {
        "Do now 1. ": 1,
        "What is not known?": 2,
        "2 What happened, and who else": 3,
    }


def test_the_changes_have_the_numbers_that_the_card_has():
    """People speak of change 3, by the card and by the report."""
    of = dealt(BLOCK, REVOKE, RESET)
    changes = of.proposals[0].plan.changes
    told = " ".join(pages(samples.rich(), of))
    page = report_html(samples.rich(), of)
    places = []
    for number, change in enumerate(changes, start=1):
        row = f"{number} {change.says}"
        assert row in told, row
        assert f"<td>{number}</td><td>{change.says}" in page
        places.append(told.index(row))
    assert places == sorted(places)
    assert len(changes) > 1


def test_the_proof_reads_as_a_sentence():
    told = " ".join(pages(samples.rich(), handled()))
    assert re.search(r"ab; with it, anyone who has this page can prove", told)


def test_every_page_says_its_number_and_whose_it_is():
    told = pages(samples.rich(), handled())
    for number, text in enumerate(each(told), start=1):
        assert f"page {number} of {len(told)}" in text
        assert "Incident report on adele.vance@contoso.example, case C-7F3K2" in text


def test_everything_but_raw_ids_is_in_it():
    report = findings_with_values(samples.rich())
    told = " ".join(pages(report, handled()))
    for finding in report.findings:
        assert finding.symptom in told
    for proposal in handled().proposals:
        assert proposal.id in told
        assert proposal.digest in told
    assert "an Entra ID P1 license" in told
    assert "the ledger had 42 entries" in told
    assert "ab" * 32 in told.replace(" ", "")


@pytest.mark.parametrize("report", [samples.clean(), replace(samples.clean(), symptoms=(), sources=())])
def test_a_clean_account_and_a_case_with_nothing_in_it_take_few_pages(report):
    told = pages(report)
    assert len(told) <= 4
    assert "NO SIGN FOUND" in told[0]
    assert "Nothing was proposed by the time of this report." in " ".join(told)


def test_an_attack_in_every_text_shows_as_text_and_the_document_keeps_its_form():
    report, dealt_with = findings_with_values(samples.rich()), voted()
    evil_report, of_report = attacked("r", report)
    evil_handled, of_handled = attacked("h", dealt_with)
    told = "".join(pages(evil_report, keyed(evil_handled, dealt_with))).replace(" ", "")
    shown = [mark for mark in (*of_report, *of_handled) if f"document.title='{mark}'</script>" in told]
    assert len(shown) > 20
    assert ATTACK.format(shown[0]).partition("<base")[0].replace(" ", "") in told


@pytest.mark.parametrize(
    "text",
    [
        '#panic("x") #read("/etc/passwd") #import "@preview/x:1.0.0" $x$ ] [ #[ } { \\ // /* ` <a> @b *b*',
        pytest.param("= Heading\n- list\n+ one\n/ term: x", marks=pytest.mark.slow),
        "\\u{202e}\u202e\u2066\x00\x1b[31m",
        pytest.param("W" * 20_000, marks=pytest.mark.slow),
        pytest.param("a\u0301" * 400, marks=pytest.mark.slow),
        "",
    ],
)
def test_no_text_is_read_as_markup_and_none_breaks_the_page(text):
    told = pages(samples.rich((text or "x", "plain")), handled((text, "plain")) if text else NOTHING)
    assert len(told) <= 60
    if text.startswith("#panic"):
        assert '#read("/etc/passwd")' in " ".join(told)


@pytest.mark.parametrize(
    "name",
    [
        "Ünal Çağrı",
        "Ольга Ковальчук",
        "Ελένη",
        "山田太郎",
        "王小明",
        "김철수",
        "שלום",
        "مرحبا",
        "Nguyễn Thị Hồng",
    ],
)
def test_names_of_many_scripts_are_set_with_letters_and_not_with_boxes(name):
    report = samples.rich()
    told = " ".join(pages(replace(report, subject=replace(report.subject, display_name=name))))
    assert paper.NO_GLYPH not in told
    if not {unicodedata.bidirectional(sign) for sign in name} & {"R", "AL"}:  # a reader gives these turned
        assert unicodedata.normalize("NFC", name) in unicodedata.normalize("NFC", told)


def test_a_letter_that_no_font_has_becomes_a_box_and_the_page_says_so():
    report = samples.rich()
    told = " ".join(pages(replace(report, subject=replace(report.subject, display_name="ꦄꦧ"))))
    assert f"“{paper.NO_GLYPH * 2}”" in told
    assert "stands for a letter that no font here has" in told


def test_the_same_report_gives_the_same_bytes():
    assert report_pdf(samples.rich(), handled()) == report_pdf(samples.rich(), handled())


_TAKES = """
from bot.artefacts.report_pdf import report_pdf
from tests.bot.messages import samples
from tests.commands.steps.rich import collected
from pathlib import Path

report = samples.rich(each=8)
taken = []
for _ in range(8):
    report_pdf(report)
    taken.append(int(Path("/proc/self/statm").read_text().split()[1]) * 4096)
print(taken[-1] - taken[1])
"""


@pytest.mark.slow
def test_no_layout_is_remembered_for_the_next_report():
    """Without forgetting each report adds some thirty megabytes until there are ten."""
    ran = subprocess.run([sys.executable, "-c", _TAKES], capture_output=True, text=True, check=True)
    assert int(ran.stdout) < 40_000_000


def test_the_list_of_letters_is_what_the_fonts_have():
    has = [set(TTFont(FONTS / f"{name}.ttf").getBestCmap()) for name in ("DejaVuSans", "DejaVuSans-Bold")]
    every = (has[0] & has[1]) | set(TTFont(FONTS / "DroidSansFallback.ttf").getBestCmap())
    starts, ends = paper._letters()
    listed = {code for start, end in zip(starts, ends, strict=True) for code in range(start, end + 1)}
    assert listed == every


def test_shares_leave_room_for_every_list_and_use_all_of_it():
    """A thousand findings of one chapter took all the room, and the chapters after it had none."""
    assert rooms_of([1_000, 1, 0, 50], 120) == [89, 1, 0, 30]
    assert rooms_of([3, 2], 120) == [3, 2]
    assert rooms_of([], 120) == []
