"""What to do now names what containing leaves open, and whom no mail warns; whose data is everybody's."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.artefacts import survives
from bot.artefacts.summary import summary
from commands.analyze import analyze
from commands.symptoms import SYMPTOMS
from tests.examples import CASES, needs_cases

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def told(case: str) -> dict[str, str]:
    """The answers on the first account of one case, in a few words and as sentences."""
    files = sorted((CASES / "detection" / "cases").glob(f"{case}-*"))
    report = analyze(files, user=None, now=NOW, processes=1).users[0]
    return {
        one.id: f"{one.short} | {' '.join(each.says for each in one.statements)}" for one in summary(report)
    }


@needs_cases
@pytest.mark.parametrize(
    ("case", "says"),
    [
        ("A24", ["delete the app password"]),
        ("A14", ["revoke the consent and disable the application", "Dokumentenprüfung"]),
        ("A08", ["turn the flow off", "c7f8341c-5748-41b1-b8cc-d807e6c64177"]),
        ("A26", ["remove the sign-in method", "Fido2", "delete the Temporary Access Pass"]),
        ("A04", ["remove the inbox rule", "r.koenig.office@gmail.com"]),
        ("A30", ["cancel the export and delete its content", "Projekt Q3"]),
    ],
)
def test_what_survives_containment_is_a_thing_to_do_now(case, says):
    now = told(case)["deadlines"]
    assert "Then close what blocking, revoking and resetting leave open" in now
    for one in says:
        assert one in now.partition("Then close")[2].partition("To be checked by counsel")[0], one


@needs_cases
def test_chats_that_got_links_are_sent_messages_and_their_members_are_to_be_warned():
    says = told("A18")
    assert says["sent"].startswith(
        "messages in Teams | No sent mail is attributed to the attacker. In Teams: links"
    )
    assert "Warn whoever is in the Teams chats that the attacker wrote to" in says["deadlines"]


@needs_cases
def test_an_export_of_every_mailbox_is_everybodys_data():
    says = told("A30")["data"]
    assert says.startswith(
        "every mailbox of the organization | Every mailbox of the organization was within reach"
    )
    assert "of everyone who has a mailbox here" in says


def test_every_sign_and_symptom_named_there_is_one():
    signs = {sign.id for one in SYMPTOMS for sign in one.SIGNS}
    names = {one.__name__.rpartition(".")[2] for one in SYMPTOMS}
    assert survives._BY_SIGN.keys() <= signs
    assert signs >= survives._NOTHING
    assert survives._BY_SYMPTOM.keys() <= names
