"""The service that plays Microsoft, and a connection to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from graph.connection import Connection
from tests.graph.service import Service


@pytest.fixture
def service() -> Iterator[Service]:
    running = Service()
    yield running
    running.close()


@pytest.fixture
def connection(service: Service) -> Iterator[Connection]:
    with service.connect() as made:
        yield made
