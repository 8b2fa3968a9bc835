"""Who can write to the job database and has no key makes nobody believe anything."""

from __future__ import annotations

import json

import pytest

from bot.work.crossing.seal import Seal, SealBroken

ONE = Seal("a key of 32 characters, or of more")
OTHER = Seal("another key of 32 characters or more")
SUBJECT = {"id": "u1", "display_name": "Zoë"}
TASK = {"case_id": "C-2ABCD", "run": 1, "subject": SUBJECT}


def test_what_was_sealed_opens_for_the_same_thing_alone():
    sealed = ONE.close("result", "C-1 1", b"found", b"zip")
    assert ONE.open("result", "C-1 1", sealed, b"zip") == b"found"
    for seal, kind, about, put, beside in (
        (OTHER, "result", "C-1 1", sealed, b"zip"),
        (ONE, "progress", "C-1 1", sealed, b"zip"),
        (ONE, "result", "C-1 2", sealed, b"zip"),
        (ONE, "result", "C-1 1", sealed + b"!", b"zip"),
        (ONE, "result", "C-1 1", sealed, b"another"),
        (ONE, "result", "C-1 1", sealed[:30], b"zip"),
        (ONE, "result", "C-1 1", b"", b"zip"),
        # Where one part ends and the next begins is sealed as well.
        (ONE, "result", "C-1 1", sealed + b"zip", b""),
        (ONE, "resultC", "-1 1", sealed, b"zip"),
    ):
        with pytest.raises(SealBroken):
            seal.open(kind, about, put, beside)


def test_a_task_is_the_keepers_and_no_other():
    sent = json.loads(json.dumps(ONE.task(TASK)))
    assert ONE.unsealed(sent) == TASK
    for seal, put in (
        (OTHER, sent),
        (ONE, TASK),
        (ONE, {**sent, "run": 2}),
        (ONE, {**sent, "subject": {**SUBJECT, "id": "u2"}}),
        (ONE, {**sent, "more": 1}),
        (ONE, {**sent, "seal": None}),
    ):
        with pytest.raises(SealBroken):
            seal.unsealed(put)


def test_keys_are_told_apart_and_not_told():
    assert ONE.fingerprint != OTHER.fingerprint
    assert ONE.fingerprint == Seal("a key of 32 characters, or of more").fingerprint
    assert len(ONE.fingerprint) == 16
