"""New passwords are strong, and can be read out."""

import itertools
import math
import random
import secrets

import pytest

from commands.containment import passwords


def test_a_password_has_at_least_twenty_characters_of_four_kinds():
    for _ in range(500):
        password = passwords.make(secrets.randbelow)
        assert len(password) >= 20
        assert any(sign.islower() for sign in password)
        assert any(sign.isupper() for sign in password)
        assert any(sign.isdigit() for sign in password)
        assert any(not sign.isalnum() for sign in password)


def test_no_sign_is_taken_for_another_or_for_formatting():
    assert not set("".join(passwords.KINDS)) & set("0Oo1Iil|2Zz5Ss8B*_~`<>&\"' \\")


def test_one_that_lacks_a_kind_is_thrown_away():
    lower_only = [0] * passwords.LENGTH
    one_of_each = [sum(map(len, passwords.KINDS[:number])) for number in range(4)]
    draws = iter([*lower_only, *one_of_each, *[0] * (passwords.LENGTH - 4)])
    assert passwords.make(lambda _: next(draws)) == "aA3!" + "a" * (passwords.LENGTH - 4)
    assert next(draws, None) is None


def test_the_same_chance_gives_the_same_password_and_another_gives_another():
    one, two = (passwords.make(random.Random(7).randrange) for _ in range(2))
    assert one == two
    many = {passwords.make(secrets.randbelow) for _ in range(200)}
    assert len(many) == 200


def test_there_are_more_than_two_to_the_130_of_them():
    signs = list(itertools.chain(*passwords.KINDS))
    assert len(signs) == len(set(signs))
    assert passwords.LENGTH * math.log2(len(signs)) > 130


def test_a_short_one_is_refused():
    with pytest.raises(ValueError, match="20 characters"):
        passwords.make(secrets.randbelow, 19)
