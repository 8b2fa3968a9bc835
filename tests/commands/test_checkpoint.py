"""Checkpoints are written in a known form, and read again however they were copied."""

import base64
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from commands.errors import AnchorUnreadable, KeyUnusable, NothingToSign
from commands.ledger import Head, Ledger
from commands.ledger.checkpoint import (
    Checkpoint,
    note,
    origin,
    public_key_line,
    read_checkpoints,
    read_public_keys,
    sign,
    sign_head,
)
from commands.ledger.entries import Answered, Asked
from commands.signing_key import SigningKey

NOW = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
NAME = "compromise-bot/0123456789abcdef"


@pytest.fixture
def ledger(tmp_path: Path):
    book = Ledger(tmp_path / "ledger.db", lambda: NOW)
    yield book
    book.close()


@pytest.fixture
def keys(tmp_path: Path) -> SigningKey:
    return SigningKey.load_or_make(tmp_path / "compromise.key")


def signed(keys: SigningKey, size: int = 42) -> Checkpoint:
    return sign(NAME, Head(size, bytes(range(32)).hex()), keys)


def test_a_checkpoint_has_the_form_of_a_signed_note(keys):
    text = str(signed(keys))
    lines = text.split("\n")
    assert lines[:4] == [NAME, "42", base64.b64encode(bytes(range(32))).decode(), ""]
    dash, name, encoded = lines[4].split(" ")
    assert (dash, name, lines[5:]) == ("—", NAME, [""])
    raw = base64.b64decode(encoded)
    body = text[: text.index("\n\n") + 1].encode()
    Ed25519PublicKey.from_public_bytes(keys.public).verify(raw[4:], body)
    assert raw[:4].hex() == public_key_line(NAME, keys.public).split("+")[1]


def test_the_public_key_line_is_read_by_the_rules_of_signed_notes():
    """The example of the reference implementation of signed notes."""
    line = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    (public,) = read_public_keys(line)
    assert public_key_line("PeterNeumann", public) == line


def test_a_public_key_is_read_from_pem_and_from_several_lines(keys, tmp_path):
    other = SigningKey.load_or_make(tmp_path / "other.key").public
    pem = (
        Ed25519PublicKey.from_public_bytes(keys.public)
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )
    assert read_public_keys(pem) == (keys.public,)
    lines = f"{public_key_line(NAME, keys.public)}\n\n> {public_key_line(NAME, other)} \n"
    assert read_public_keys(lines) == (keys.public, other)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "something else",
        "compromise-bot/0123456789abcdef+00000000+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
    ],
)
def test_what_is_no_public_key_is_refused(text):
    with pytest.raises(KeyUnusable):
        read_public_keys(text)


def test_a_checkpoint_is_signed_by_its_key_alone(keys, tmp_path):
    one = signed(keys)
    other = SigningKey.load_or_make(tmp_path / "other.key").public
    assert one.is_signed_by([keys.public])
    assert one.is_signed_by([other, keys.public])
    assert not one.is_signed_by([other])
    assert not one.is_signed_by([])


def test_a_changed_checkpoint_is_not_signed(keys):
    one = signed(keys)
    for changed in (
        Checkpoint(NAME, 43, one.head, one.signatures),
        Checkpoint(NAME, 42, bytes(32).hex(), one.signatures),
        Checkpoint("compromise-bot/0123456789abcdee", 42, one.head, one.signatures),
        Checkpoint(NAME, 42, one.head),
    ):
        assert not changed.is_signed_by([keys.public])


COPIES = {
    "as it is": lambda text: text,
    "Windows line ends": lambda text: text.replace("\n", "\r\n"),
    "a code fence": lambda text: f"```\n{text}```",
    "a fence on the same line": lambda text: f"```{text.strip()}```",
    "quoted": lambda text: "".join(f"> {line}\n" for line in text.splitlines()),
    "quoted as HTML": lambda text: "".join(f"&gt; {line}\n" for line in text.splitlines()),
    "trailing blanks": lambda text: text.replace("\n", "  \t\n"),
    "set in": lambda text: "".join(f"    {line}\n" for line in text.splitlines()),
    "quotation marks": lambda text: f"“{text.strip()}”",
    "no blank line": lambda text: text.replace("\n\n", "\n"),
    "more blank lines": lambda text: text.replace("\n", "\n\n"),
    "a hyphen": lambda text: text.replace("—", "-"),
    "two hyphens": lambda text: text.replace("—", "--"),
    "an en dash": lambda text: text.replace("—", "–"),
    "marks that no one sees": lambda text: "\ufeff" + text.replace("\n", "\u200b\n"),
    "inside JSON": lambda text: '{"text": "Checkpoint\\n' + text.replace("\n", "\\n") + '", "ts": "1.2"}',
    "inside ASCII JSON": lambda text: '"```' + text.replace("\n", "\\n").replace("—", "\\u2014") + '```"',
    "with words around it": lambda text: f"compromise-bot  APP  4:00 PM\nThe ledger:\n{text}\n2 replies\n",
    "no line end": lambda text: text.strip(),
}


@pytest.mark.parametrize("copy", COPIES.values(), ids=COPIES)
def test_a_checkpoint_is_read_however_it_was_copied(keys, copy):
    one = signed(keys)
    (read,) = read_checkpoints(copy(str(one)))
    assert read == one
    assert read.is_signed_by([keys.public])


@pytest.mark.parametrize("copy", COPIES.values(), ids=COPIES)
def test_several_checkpoints_are_read_from_one_file(keys, copy):
    text = "".join(copy(str(signed(keys, size))) + "\n" for size in (7, 42, 9))
    assert [one.size for one in read_checkpoints(text)] == [7, 42, 9]


def test_a_checkpoint_says_in_which_line_it_was_found(keys):
    assert read_checkpoints(f"words\n\n{signed(keys)}", "anchors.txt")[0].where == "line 3 of anchors.txt"


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda _: "", "no checkpoint"),
        (lambda _: "something else\n", "no checkpoint"),
        (lambda text: text.partition("\n\n")[0], "lacks its signature"),
        (lambda text: text.replace("42", "forty-two"), "lacks its size"),
        (lambda text: text.replace("42", "042"), "lacks its size"),
        (lambda text: text.partition("\n")[0], "lacks its size"),
        (lambda text: text.partition("\n")[2], "has no beginning"),
        (lambda text: text.rstrip()[:-9], "signature"),
        (
            lambda text: text.replace("compromise-bot/0", "compromise-bot/x", 1),
            "has no beginning",
        ),
    ],
)
def test_a_damaged_checkpoint_is_told_and_never_passed_over(keys, spoil, says):
    good = str(signed(keys))
    with pytest.raises(AnchorUnreadable, match=says):
        read_checkpoints(spoil(good))
    if spoil(good).startswith("compromise"):
        with pytest.raises(AnchorUnreadable, match=says):
            read_checkpoints(f"{good}\n{spoil(good)}")


def test_the_head_of_a_ledger_is_signed_and_noted(ledger, keys):
    ledger.append(Asked(), "U1")
    ledger.append(Answered(), "U1")
    head = ledger.head()
    one = sign_head(ledger, keys)
    assert (one.size, one.head, one.origin) == (2, head.hash, origin(ledger))
    assert ledger.head() == head
    note(ledger, one, "bot", why="asked for")
    entry = list(ledger.entries())[-1]
    assert (entry.kind, entry.actor) == ("checkpoint_signed", "bot")
    assert entry.facts == {
        "size": 2,
        "head": head.hash,
        "text": str(one),
        "why": "asked for",
        "channel": "",
        "ts": "",
    }


def test_an_empty_ledger_has_nothing_to_sign(ledger, keys):
    with pytest.raises(NothingToSign):
        sign_head(ledger, keys)
