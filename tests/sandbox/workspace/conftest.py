from __future__ import annotations

from datetime import UTC, datetime

import pytest
from slack_sdk.errors import SlackApiError

from sandbox import workspace
from sandbox.workspace import PATIENCE

from .bolt import MANIFEST, client


@pytest.fixture(scope="module")
def shared():
    """One workspace for a module whose tests only add to it; rate limits are off."""
    with workspace.start(MANIFEST, answers_within=PATIENCE) as slack:
        slack.limits.enabled = False
        yield slack


@pytest.fixture
def fresh():
    """A workspace of the test's own."""
    with workspace.start(MANIFEST) as slack:
        yield slack


@pytest.fixture
def still():
    """A workspace of the test's own whose time passes only where the test says so."""
    at = datetime.now(UTC)
    with workspace.start(MANIFEST, clock=lambda: at) as slack:
        yield slack


@pytest.fixture
def web(shared):
    return client(shared)


@pytest.fixture
def refusal():
    """Call something and return Slack's error name."""

    def call(method, **arguments):
        with pytest.raises(SlackApiError) as caught:
            method(**arguments)
        return caught.value.response["error"]

    return call
