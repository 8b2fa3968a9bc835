"""Signatures of webhooks: made and read as the standard says, and nothing else counts."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.webhooks import WINDOW, headers, key_of, new_secret, signature, why_not

NOW = datetime(2026, 11, 29, 10, 0, tzinfo=UTC)
KEY = key_of(new_secret())
BODY = b'{"id": "1"}'


def test_the_signature_is_that_of_the_standards_own_example():
    """Source: Standard Webhooks 1.0.0, its example of a symmetric signature."""
    key = key_of("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")
    made = signature(
        key,
        "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
        "1649367553",
        b'{"email":"test@example.com","username":"test_user"}',
    )
    assert made == "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw="


@pytest.mark.parametrize("shift", [-WINDOW, -1, 0, 1, WINDOW])
def test_a_signed_message_counts_within_its_window(shift):
    assert why_not(KEY, headers(KEY, "a", NOW + timedelta(seconds=shift), BODY), BODY, NOW) == ""


@pytest.mark.parametrize("shift", [-WINDOW - 1, WINDOW + 1, -86400])
def test_an_old_message_does_not_count_however_well_it_is_signed(shift):
    assert why_not(KEY, headers(KEY, "a", NOW + timedelta(seconds=shift), BODY), BODY, NOW) != ""


def test_while_a_secret_is_changed_either_signature_counts():
    mine = headers(KEY, "a", NOW, BODY)
    other = signature(key_of(new_secret()), "a", mine["webhook-timestamp"], BODY)
    assert (
        why_not(KEY, {**mine, "webhook-signature": f"{other} {mine['webhook-signature']}"}, BODY, NOW) == ""
    )
    assert why_not(KEY, {**mine, "webhook-signature": other}, BODY, NOW) == "not signed"


CHANGES = {
    "another body": ({}, b"{}"),
    "another id": ({"webhook-id": "b"}, BODY),
    "another time": ({"webhook-timestamp": str(int(NOW.timestamp()) + 1)}, BODY),
    "no time": ({"webhook-timestamp": ""}, BODY),
    "a time that is no number": ({"webhook-timestamp": "١٢"}, BODY),
    "an endless time": ({"webhook-timestamp": "9" * 400}, BODY),
    "no id": ({"webhook-id": ""}, BODY),
    "an endless id": ({"webhook-id": "a" * 201}, BODY),
    "no signature": ({"webhook-signature": ""}, BODY),
    "letters of another alphabet": ({"webhook-signature": "v1,ü"}, BODY),
}


@pytest.mark.parametrize("name", CHANGES)
def test_whatever_is_changed_the_message_is_not_signed(name):
    changed, body = CHANGES[name]
    assert why_not(KEY, {**headers(KEY, "a", NOW, BODY), **changed}, body, NOW) == "not signed"


def test_no_dot_moves_from_a_messages_id_into_its_body():
    """Dots join what is signed, so an id with one in it could be read as another id with another body."""
    whole = headers(KEY, f"a.{int(NOW.timestamp())}", NOW, BODY)
    assert why_not(KEY, whole, BODY, NOW) == "not signed"


@given(st.dictionaries(st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature"]), st.text()))
def test_nothing_that_anybody_sends_counts_or_breaks_it(given_headers):
    assert why_not(KEY, given_headers, BODY, NOW) == "not signed"


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "whsec_abc", "whsec_" + base64.b64encode(b"x" * 23).decode(), "x"]
)
def test_a_weak_secret_is_refused(secret):
    with pytest.raises(ValueError, match="24 to 64 random bytes"):
        key_of(secret)
