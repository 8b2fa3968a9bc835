"""Risks and operations are said in Microsoft's words for people."""

from __future__ import annotations

import pytest

from commands.clues.alerts import risk_in_words
from commands.clues.records import verb_of


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("anonymizedIPAddress", "anonymized IP address"),
        ("maliciousIPAddress", "malicious IP address"),
        ("unfamiliarFeatures", "unfamiliar sign-in properties"),
        ("unlikelyTravel", "atypical travel"),
        ("mcasImpossibleTravel", "impossible travel"),
        ("mcasSuspiciousInboxManipulationRules", "suspicious inbox manipulation rules"),
        ("leakedCredentials", "leaked credentials"),
        ("", "a risk"),
    ],
)
def test_a_risk_has_its_name_for_people(kind, words):
    assert risk_in_words(kind) == words


@pytest.mark.parametrize(
    ("operation", "verb"),
    [
        ("New-JournalRule", "created"),
        ("Set-OutboundConnector", "changed"),
        ("CreateFlow", "created"),
        ("EditFlow", "changed"),
        ("Remove-SafeLinksRule", "removed"),
        ("Delete policy", "deleted"),
        ("Disable-AntiPhishRule", "disabled"),
        ("Update named location", "changed"),
        ("", "changed"),
    ],
)
def test_an_operation_says_what_it_did(operation, verb):
    assert verb_of(operation) == verb
