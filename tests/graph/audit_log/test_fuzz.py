"""A few of the files that `make fuzz` makes, on every run of the tests."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from tests.fuzz import made
from tests.fuzz.reading import Failed, read


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(made.contents())
def test_no_reader_fails_on_a_broken_file(data: bytes) -> None:
    read(data)


def test_the_fuzzer_notices_a_reader_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(path: object) -> object:
        raise KeyError(path)

    monkeypatch.setattr("graph.audit_log.files.read", fails)
    with pytest.raises(Failed, match="KeyError"):
        read(b"{}")
