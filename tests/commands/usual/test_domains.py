"""Whether an address lies outside is told by what somebody registered, mostly without a list of suffixes."""

from __future__ import annotations

import pytest

from commands.usual import domains
from commands.usual.domains import is_outside


@pytest.mark.parametrize(
    ("address", "own", "outside"),
    [
        ("a@mail.contoso.example", {"contoso.example"}, False),
        ("a@contoso.example", {"mail.contoso.example"}, False),
        ("a@fabrikam.example", {"contoso.example"}, True),
        ("a@contoso.co.uk", {"fabrikam.co.uk"}, True),
        ("a@mail.contoso.co.uk", {"contoso.co.uk"}, False),
        ("a@one.blogspot.com", {"two.blogspot.com"}, True),
        ("a@contoso.example", set(), True),
        ("nobody", {"contoso.example"}, False),
    ],
)
def test_what_lies_outside(address, own, outside):
    assert is_outside(address, own) is outside


def test_the_list_of_suffixes_is_read_only_where_domains_end_alike():
    domains.registrable.cache_clear()
    domains._suffixes.cache_clear()
    assert is_outside("a@fabrikam.example", {"contoso.example", "contoso.test"})
    assert domains._suffixes.cache_info().currsize == 0
    assert not is_outside("a@mail.contoso.example", {"contoso.example"})
    assert domains._suffixes.cache_info().currsize == 1
