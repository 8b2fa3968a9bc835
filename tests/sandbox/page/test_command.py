"""`compromise sandbox` shows a page, gives everybody one clock, and keeps away from real credentials."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
import requests

from bot.errors import SettingsError
from bot.playing import playground
from commands.ledger.entries import Asked

ROOT = Path(__file__).resolve().parents[3]


def command(folder: Path, *more: str) -> list[str]:
    return [
        sys.executable,
        "-u",
        "-m",
        "bot",
        "sandbox",
        "--output",
        str(folder),
        "--scenario",
        "clean",
        *more,
    ]


def environment(**more: str) -> dict[str, str]:
    kept = {name: text for name, text in os.environ.items() if not name.startswith("COMPROMISE_")}
    return {**kept, **more, "PYTHONPATH": str(ROOT)}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[str], Path]]:
    """The command as a user starts it: the page's address, what was said, and the folder."""
    folder = tmp_path_factory.mktemp("sandbox")
    with subprocess.Popen(
        command(folder, "--port", "0"),
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout
        try:
            lines: list[str] = []
            for line in process.stdout:
                lines.append(line)
                if "Ctrl-C" in line:
                    break
            yield lines[0].split()[1], lines, folder
            process.send_signal(signal.SIGTERM)  # tests/bot has the same with Ctrl-C
            rest = process.stdout.read()
            assert process.wait() == 0, "".join(lines) + rest
        finally:
            process.kill()  # where it did not end by itself, this worker would wait for it without end
    assert rest == "Stopping.\n"


def test_the_first_line_is_the_one_address_to_open(running):
    url, lines, _ = running
    assert lines[0] == f"Open {url} in a browser.\n"
    assert url.startswith("http://127.0.0.1:")
    with requests.Session() as browser:
        assert browser.get(url, timeout=60).status_code == 200
        people = browser.get(urljoin(url, "/api/people"), timeout=60).json()["people"]
    assert people[0]["part"] == "responder"


@pytest.mark.slow
def test_a_port_that_is_taken_is_told(running, tmp_path):
    port = str(urlsplit(running[0]).port)
    done = subprocess.run(
        command(tmp_path, "--port", port),
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert f"the port {port} cannot be used" in done.stderr
    assert "--port" in done.stderr


@pytest.mark.slow
def test_the_folder_of_another_sandbox_is_left_alone(running, tmp_path):
    folder = running[2]
    before = (folder / "ledger.db").stat()
    done = subprocess.run(
        command(folder, "--port", "0"),
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (3, "")
    assert "Another bot is using" in done.stderr
    assert (folder / "ledger.db").stat().st_ino == before.st_ino


@pytest.mark.slow
def test_it_ends_with_status_2_beside_credentials(tmp_path):
    done = subprocess.run(
        command(tmp_path),
        cwd=tmp_path,
        env=environment(COMPROMISE_SLACK_BOT_TOKEN="xoxb-1"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "does not start beside real credentials: COMPROMISE_SLACK_BOT_TOKEN" in done.stderr
    assert "xoxb-1" not in done.stderr


@pytest.mark.parametrize(
    "name",
    [
        "COMPROMISE_SLACK_APP_TOKEN",
        "COMPROMISE_SLACK_SIGNING_SECRET",
        "COMPROMISE_TENANT_ID",
        "COMPROMISE_TENANT_CLIENT_SECRET",
        "COMPROMISE_TENANT_CERTIFICATE",
        "SLACK_BOT_TOKEN",
        "SLACK_SIGNING_SECRET",
        "AZURE_CLIENT_SECRET",
    ],
)
def test_every_variable_with_a_credential_is_refused(tmp_path, name):
    with pytest.raises(SettingsError, match=name):
        playground.refuse_beside_credentials({name: "something"}, tmp_path)
    playground.refuse_beside_credentials({name: ""}, tmp_path)


def test_other_variables_do_not_matter(tmp_path):
    others = {
        "COMPROMISE_EXAMPLES": "/somewhere",
        "COMPROMISE_LOG_LEVEL": "info",
        "PATH": "/bin",
        "TOKEN": "x",
    }
    playground.refuse_beside_credentials(others, tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        '[[tenants]]\ntenant_id = "1"',
        '[tenant]\ntenant_id = "1"',
        '[slack]\nbot_token = "xoxb-1"',
        '[slack]\nsigning_secret = "s"',
        "no = toml =",
    ],
)
def test_a_settings_file_of_a_real_bot_is_refused_wherever_it_lies(tmp_path, text):
    file = tmp_path / "compromise.toml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=r"compromise\.toml"):
        playground.refuse_beside_credentials({}, tmp_path)
    with pytest.raises(SettingsError, match=r"compromise\.toml"):
        playground.refuse_beside_credentials({"COMPROMISE_CONFIG": str(file)}, ROOT / "docs")


def test_a_settings_file_without_credentials_does_not_matter(tmp_path):
    (tmp_path / "compromise.toml").write_text('window = "7d"\n[slack]\nmode = "socket"\n')
    playground.refuse_beside_credentials({}, tmp_path)


@pytest.mark.slow
def test_tenant_workspace_and_bot_live_by_one_clock(tmp_path):
    with playground.playground(tmp_path, "clean") as made:
        before, of_the_tenant = datetime.now(UTC), made.played.state.clock()
        made.let_pass(timedelta(hours=5))
        later = before + timedelta(hours=5)
        assert made.now() >= later
        assert made.played.state.clock() >= of_the_tenant + timedelta(hours=5)
        assert made.slack.state.now() >= later
        made.slack.slash("guest", "with-fabrikam", "/compromise", "check adele.vance@contoso.example")
        entries = made.slack.wait_for(
            lambda: list(made.bot.ledger.entries(kinds=(Asked.KIND,))), what="the refusal in the ledger"
        )
        assert datetime.fromisoformat(entries[0].at) >= later
        assert made.bot.settings.slack
        assert made.bot.settings.slack.channel == made.slack.channels["incident-room"].id
        assert {made.slack.people[part].id for part in ("approver", "second_approver")} == set(
            made.bot.settings.approvers.users
        )
