"""Whatever stands between us and Slack may answer anything: one known error, which passes by itself."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import pytest

from bot.errors import SlackFailed
from bot.settings import SlackSettings
from bot.slack.client import call, make_client
from sandbox import workspace
from sandbox.workspace import RunningWorkspace
from sandbox.workspace.faults import Fault
from tests.scenarios.conftest import MANIFEST


@pytest.fixture(scope="module")
def slack() -> Iterator[RunningWorkspace]:
    with workspace.start(MANIFEST) as running:
        yield running


@pytest.mark.parametrize(
    "body", ["", "[]", "null", "7", '"ok"', "{}", "<html>sorry</html>", "{", "\x00", "[[{}]]"]
)
@pytest.mark.parametrize("status", [200, 403, 502])
def test_an_answer_of_any_other_shape_passes_and_is_no_refusal_of_slacks(
    slack: RunningWorkspace, body: str, status: int
) -> None:
    settings = SlackSettings(bot_token=slack.bot_token, app_token=slack.app_token, api_url=slack.api_url)
    slack.faults.add("auth.test", Fault(status=status, body=body, error="odd"))
    with pytest.raises(SlackFailed) as failed:
        call(make_client(settings).auth_test)
    assert failed.value.passing
    assert call(make_client(settings).auth_test)["ok"]


def test_certificates_are_checked_and_the_authorities_read_once() -> None:
    settings = SlackSettings(bot_token="xoxb-any", app_token="xapp-any", api_url="https://slack.example/api/")
    one, other = make_client(settings).ssl, make_client(settings, waits=False).ssl
    assert one is other
    assert one is not None
    assert one.check_hostname
    assert one.verify_mode is ssl.CERT_REQUIRED
    assert one.cert_store_stats()["x509_ca"] > 0
    # What opens Socket Mode takes it from its client, and would read the authorities for each connection.
    here = settings.model_copy(update={"api_url": "http://127.0.0.1:1/api/"})
    assert make_client(here, connects=True).ssl is one
    assert make_client(here).ssl is None


def test_what_slack_itself_refuses_does_not_pass(slack: RunningWorkspace) -> None:
    settings = SlackSettings(bot_token="xoxb-other", app_token=slack.app_token, api_url=slack.api_url)
    with pytest.raises(SlackFailed) as failed:
        call(make_client(settings).auth_test)
    assert (failed.value.code, failed.value.passing) == ("invalid_auth", False)
