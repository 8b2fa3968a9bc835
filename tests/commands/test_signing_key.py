"""The private key is made once, stays private, and opens only what it sealed."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from commands.errors import CommandError, KeyUnusable
from commands.signing_key import SigningKey


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "compromise.key"


def test_a_key_is_made_when_there_is_none_and_read_back_afterwards(path):
    made = SigningKey.load_or_make(path)
    assert SigningKey.load_or_make(path).public == made.public
    assert SigningKey.load(path) == made
    assert len(made.public) == 32


def test_the_file_is_for_its_owners_eyes_only_and_nothing_is_left_beside_it(path):
    SigningKey.load_or_make(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_of_many_who_make_it_at_the_same_moment_all_get_the_same_key(path):
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: SigningKey.load_or_make(path).public, range(16)))
    assert len(set(made)) == 1
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666, 0o620, 0o601])
def test_a_key_that_others_may_use_is_refused(path, mode):
    SigningKey.load_or_make(path)
    path.chmod(mode)
    with pytest.raises(KeyUnusable, match="chmod 600"):
        SigningKey.load_or_make(path)


@pytest.mark.parametrize("text", [b"", b"something else", b"\xff\xfe"])
def test_a_damaged_key_is_refused_and_left_as_it_is(path, text):
    path.write_bytes(text)
    path.chmod(0o600)
    with pytest.raises(KeyUnusable, match="is damaged"):
        SigningKey.load_or_make(path)
    assert path.read_bytes() == text


def test_a_key_that_lost_its_end_is_refused(path):
    SigningKey.load_or_make(path)
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(KeyUnusable, match="is damaged"):
        SigningKey.load(path)


def test_another_kind_of_key_is_refused(path):
    other = generate_private_key(65537, 2048)
    path.write_bytes(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    path.chmod(0o600)
    with pytest.raises(KeyUnusable, match="is not an Ed25519 key"):
        SigningKey.load(path)


def test_a_key_that_is_not_there_is_only_made_on_demand(path):
    with pytest.raises(KeyUnusable, match="cannot be read"):
        SigningKey.load(path)
    assert not path.exists()


def test_a_folder_that_is_not_there_or_is_the_key_is_told(path):
    with pytest.raises(KeyUnusable, match="cannot be created"):
        SigningKey.load_or_make(path / "deeper")
    path.mkdir()
    with pytest.raises(KeyUnusable, match="cannot be read"):
        SigningKey.load_or_make(path)


def test_a_signature_is_good_for_its_text_alone(path):
    keys = SigningKey.load_or_make(path)
    public = Ed25519PublicKey.from_public_bytes(keys.public)
    public.verify(keys.sign(b"a text"), b"a text")
    with pytest.raises(InvalidSignature):
        public.verify(keys.sign(b"a text"), b"another text")


def test_what_is_sealed_opens_again_and_looks_different_each_time(path):
    keys = SigningKey.load_or_make(path)
    assert keys.open(keys.seal(b"a secret")) == b"a secret"
    assert keys.seal(b"a secret") != keys.seal(b"a secret")
    assert b"a secret" not in keys.seal(b"a secret")
    assert SigningKey.load(path).open(keys.seal(b"a secret", b"U1"), b"U1") == b"a secret"


def test_what_is_sealed_does_not_open_when_it_was_changed_or_belongs_to_something_else(path, tmp_path):
    keys = SigningKey.load_or_make(path)
    sealed = keys.seal(b"a secret", b"U1")
    changed = [sealed[:n] + bytes([sealed[n] ^ 1]) + sealed[n + 1 :] for n in range(len(sealed))]
    for wrong in (*changed, sealed[:-1], sealed[:5], b""):
        with pytest.raises(KeyUnusable, match="The key cannot decrypt the secrets in the ledger"):
            keys.open(wrong, b"U1")
    with pytest.raises(KeyUnusable):
        keys.open(sealed, b"U2")
    with pytest.raises(KeyUnusable):
        SigningKey.load_or_make(tmp_path / "other.key").open(sealed, b"U1")


def test_a_key_never_prints_itself(path):
    assert "private" not in repr(SigningKey.load_or_make(path)).lower()


def test_an_error_about_the_key_is_one_of_ours(path):
    assert issubclass(KeyUnusable, CommandError)
