"""The files in `deploy` name only what is there, and do what their page says.

The image is not built here and the units are not started: `make image` builds it, where there is a builder.
"""

from __future__ import annotations

import os
import re
import runpy
import shlex
import shutil
import socket
import subprocess
import sys
import threading
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from typer.main import get_command

from bot.cli import command, statuses
from bot.errors import CannotStart
from bot.process import demand_not_lost, only_one
from bot.settings import BOT_NEEDS, load, variables
from bot.slack.http_server import PATH

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "deploy"
PAGES = ROOT / "docs/how-to"
PAGE = (PAGES / "deploy.md").read_text()
UNITS = sorted([*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")])
SERVICES = [unit for unit in UNITS if unit.suffix == ".service"]
OURS = {name for name, _ in variables()} | {"COMPROMISE_CONFIG"}
STATE = "/var/lib/compromise-bot"
PROGRAM = "/opt/compromise-bot/bin/compromise"


def directives(unit: Path) -> list[tuple[str, str, str]]:
    """Give section, name and value of every line of a unit; names may come more than once."""
    section, found = "", []
    for line in unit.read_text().splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            name, equals, value = line.partition("=")
            assert equals, line
            found.append((section, name, value))
    return found


def values(unit: Path, wanted: str) -> list[str]:
    return [value for _, name, value in directives(unit) if name == wanted]


def accepts(words: list[str]) -> bool:
    """Whether the command line knows this verb and these options."""
    known: Any = get_command(command.app)
    for word in words:
        if word.startswith("-"):
            return word in {option for parameter in known.params for option in parameter.opts}
        if word in getattr(known, "commands", {}):
            known = known.commands[word]
    return True


# --- systemd -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_a_unit_starts_a_verb_that_exists_with_options_that_exist(unit: Path):
    (line,) = values(unit, "ExecStart")
    program, verb, *options = shlex.split(line)
    assert program == PROGRAM
    assert verb in get_command(command.app).commands  # type: ignore[attr-defined]  # it is a group
    assert options == ["--config", "/etc/compromise-bot/compromise.toml"]
    assert accepts([verb, "--config"])


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_a_unit_sets_only_variables_that_the_bot_reads_and_writes_where_it_may(unit: Path):
    given = dict(value.split("=", 1) for value in values(unit, "Environment"))
    assert {name for name in given if name.startswith("COMPROMISE_")} <= OURS
    assert values(unit, "StateDirectory") == ["compromise-bot"]
    assert values(unit, "WorkingDirectory") == [STATE]
    assert given["COMPROMISE_LEDGER"] == f"{STATE}/ledger.db"
    assert given.get("COMPROMISE_ENGINE", f"sqlite:///{STATE}/jobs.db") == f"sqlite:///{STATE}/jobs.db"
    if "MPLCONFIGDIR" in given:
        assert given["MPLCONFIGDIR"] == f"/var/cache/{values(unit, 'CacheDirectory')[0]}"


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_a_unit_is_as_closed_as_its_page_says(unit: Path):
    given = {name: value for section, name, value in directives(unit) if section == "Service"}
    assert {name: given[name] for name in HARD} == HARD
    assert given["MemoryMax"] == "1G"
    assert values(unit, "SystemCallFilter") == ["@system-service", "~@privileged @resources"]


HARD = {
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "NoNewPrivileges": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "CapabilityBoundingSet": "",
    "MemoryDenyWriteExecute": "yes",
    "RestrictAddressFamilies": "AF_UNIX AF_INET AF_INET6",
    "LimitCORE": "0",
    "UMask": "0077",
    "User": "compromise-bot",
}


def test_the_timer_starts_a_unit_that_is_there():
    assert [unit.stem for unit in UNITS if unit.suffix == ".timer"] == ["compromise-bot-doctor"]
    assert (DEPLOY / "compromise-bot-doctor.service").is_file()


def test_the_statuses_that_keep_the_bot_down_are_those_of_the_page_of_the_command_line():
    (kept_down,) = values(DEPLOY / "compromise-bot.service", "RestartPreventExitStatus")
    assert kept_down.split() == [str(statuses.BAD_INPUT), str(statuses.COULD_NOT_LOOK)]


@pytest.mark.slow
def test_a_wrong_setting_ends_with_the_status_that_keeps_the_bot_down(tmp_path: Path):
    wrong = tmp_path / "compromise.toml"
    wrong.write_text("ledgr = 'x'\n")
    done = subprocess.run(
        [sys.executable, "-m", "bot", "run", "--config", str(wrong)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == statuses.BAD_INPUT
    assert "did you mean ledger?" in done.stderr


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="this machine has no systemd-analyze")
def test_systemd_itself_finds_nothing_wrong_with_the_units(tmp_path: Path):
    for unit in UNITS:
        (tmp_path / unit.name).write_text(unit.read_text().replace(PROGRAM, sys.executable))
    done = subprocess.run(
        ["systemd-analyze", "verify", *(str(tmp_path / unit.name) for unit in UNITS)],
        capture_output=True,
        text=True,
        check=False,
    )
    complaints = [line for line in done.stderr.splitlines() if "compromise-bot" in line]
    assert complaints == []


# --- the container -----------------------------------------------------------------------------------------


def instructions() -> list[tuple[str, str]]:
    """Give the instructions of the container file, each as its word and the rest in one line."""
    text = re.sub(r"^#.*\n", "", (DEPLOY / "Containerfile").read_text(), flags=re.MULTILINE)
    lines = [line.strip() for line in text.replace("\\\n", " ").splitlines() if line.strip()]
    return [(word, " ".join(rest.split())) for word, _, rest in (line.partition(" ") for line in lines)]


def of(word: str) -> list[str]:
    return [rest for found, rest in instructions() if found == word]


def test_the_container_file_copies_only_what_is_there_and_all_that_the_wheel_is_made_of():
    copied: set[str] = set()
    for rest in of("COPY"):
        *sources, _ = rest.split()
        copied |= {source for source in sources if not rest.startswith("--from")}
    assert {source for source in copied if not (ROOT / source).exists()} == set()
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())
    target = wheel["tool"]["hatch"]["build"]["targets"]["wheel"]
    project = wheel["project"]
    needed = {"pyproject.toml", "requirements", project["readme"], *project["license-files"]}
    needed |= {*target["packages"], *target.get("force-include", {})}
    assert needed <= {source.rstrip("/") for source in copied}


def test_the_base_image_is_named_without_a_registry_and_has_the_python_that_is_asked_for():
    assert {rest.split()[0] for rest in of("FROM")} == {"python:3.11-slim"}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == ">=3.11"


def test_the_container_runs_the_command_of_the_project_as_an_ordinary_user_without_a_shell():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert of("ENTRYPOINT") == ['["compromise"]']
    assert of("CMD") == ['["run"]']
    assert "compromise" in project["scripts"]
    assert of("USER") == ["10001:10001"]
    assert of("VOLUME") == of("WORKDIR")[-1:] == [STATE]
    assert of("STOPSIGNAL") == ["SIGTERM"]


def test_the_container_sets_only_variables_that_the_bot_reads():
    given = dict(pair.split("=", 1) for rest in of("ENV") for pair in rest.split())
    ours = {name: value for name, value in given.items() if name.startswith("COMPROMISE_")}
    settings = load(None, ours, needs=())
    assert str(settings.ledger) == f"{STATE}/ledger.db"
    assert str(settings.key) == f"{STATE}/compromise.key"
    assert settings.engine == f"sqlite:///{STATE}/jobs.db"
    assert settings.log.format == "json"


def test_page_and_container_file_install_in_the_same_way_and_by_hashes():
    """Every step of pip in the container file stands in the page as well, apart from its paths."""

    def steps(text: str) -> set[str]:
        joined = text.replace("\\\n", " ")
        found = re.findall(r"pip (?:download|install|wheel) [^&\n`]+", joined)
        return {" ".join(one.split()) for one in found if "--upgrade" not in one}

    built = steps((DEPLOY / "Containerfile").read_text())
    assert built == steps(PAGE)
    (fetched,) = [one for one in built if one.startswith("pip download")]
    assert {"--require-hashes", "--no-deps"} <= set(fetched.split())
    assert all("--no-index" in one for one in built - {fetched})


def test_the_health_check_runs_a_file_that_is_copied():
    (check,) = of("HEALTHCHECK")
    (path,) = re.findall(r'"(/[^"]+\.py)"', check)
    assert any(rest.endswith(f" {Path(path).parent}/") and "deploy/health.py" in rest for rest in of("COPY"))


def test_the_example_of_variables_is_a_whole_set_of_settings(tmp_path: Path):
    certificate = tmp_path / "certificate.pem"
    certificate.touch()
    lines = (DEPLOY / "compromise-bot.env.example").read_text().splitlines()
    given = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert set(given) <= OURS
    for name in [name for name in given if name.endswith("_CERTIFICATE")]:
        given[name] = str(certificate)
    settings = load(None, given, BOT_NEEDS)
    assert settings.slack is not None
    assert (settings.slack.mode, len(settings.approvers.users)) == ("socket", 2)

    http = dict(line[1:].split("=", 1) for line in lines if re.match(r"#COMPROMISE_\w+=", line))
    del given["COMPROMISE_SLACK_APP_TOKEN"]
    by_http = load(None, {**given, **http}, BOT_NEEDS).slack
    assert by_http is not None
    assert (by_http.mode, by_http.host, by_http.port) == ("http", "0.0.0.0", 3000)  # noqa: S104 - in a container


# --- compose -----------------------------------------------------------------------------------------------


def compose() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return read


def test_the_compose_file_is_one_by_the_schema_of_the_compose_specification():
    done = subprocess.run(
        [
            Path(sys.executable).parent / "check-jsonschema",
            "--builtin-schema=vendor.compose-spec",
            DEPLOY / "compose.yaml",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_compose_gives_the_bot_variables_that_it_reads_and_paths_that_its_image_has():
    bot, jobs = compose()["services"]["bot"], compose()["services"]["jobs"]
    given = bot["environment"]
    assert set(given) <= OURS
    assert Path(given["COMPROMISE_CONFIG"]).parent == Path("/etc/compromise-bot")
    engine = given["COMPROMISE_ENGINE"].replace("${POSTGRES_PASSWORD:?stands in secrets.env}", "s3cret")
    assert load(None, {"COMPROMISE_ENGINE": engine}, needs=()).engine == engine
    database = urlsplit(engine)
    assert database.hostname in compose()["services"]
    names = {"POSTGRES_USER": database.username, "POSTGRES_DB": database.path.lstrip("/")}
    assert {name: jobs["environment"][name] for name in names} == names
    assert (DEPLOY / bot["build"]["context"] / bot["build"]["dockerfile"]).samefile(DEPLOY / "Containerfile")
    mounts = {mount["target"]: mount for mount in bot["volumes"]}
    assert set(mounts) == {"/etc/compromise-bot", *of("VOLUME")}
    assert mounts["/etc/compromise-bot"]["source"] == "/etc/compromise-bot"
    assert mounts["/etc/compromise-bot"]["read_only"] is True
    mounted = [mount for one in (bot, jobs) for mount in one["volumes"]]
    named = {mount["source"] for mount in mounted if mount["type"] == "volume"}
    assert named == set(compose()["volumes"])


def test_a_worker_in_compose_has_no_secrets_of_the_bot_and_is_as_closed():
    read = compose()["services"]
    bot, worker = read["bot"], read["worker"]
    assert "env_file" not in worker
    assert [mount["source"] for mount in worker["volumes"]] == ["/etc/compromise-worker"]
    assert worker["environment"]["COMPROMISE_ENGINE"] == bot["environment"]["COMPROMISE_ENGINE"]
    assert set(worker["environment"]) == {"COMPROMISE_CONFIG", "COMPROMISE_ENGINE"}
    for key in ("read_only", "cap_drop", "security_opt", "mem_limit", "pids_limit", "tmpfs", "image"):
        assert worker[key] == bot[key]


def test_compose_is_as_closed_as_the_command_of_the_page():
    bot = compose()["services"]["bot"]
    page = PAGE.partition("## In a container")[2].partition("\n## ")[0]
    for flag in (
        f"--restart {bot['restart']}",
        f"--stop-timeout {bot['stop_grace_period'].removesuffix('s')}",
        f"--tmpfs {bot['tmpfs']}",
        f"--cap-drop {bot['cap_drop'][0]}",
        f"--security-opt {bot['security_opt'][0]}",
        f"--memory {bot['mem_limit']}",
        f"--pids-limit {bot['pids_limit']}",
    ):
        assert flag in page
    assert bot["read_only"] is True


def test_nobody_but_the_bot_and_its_workers_reaches_its_database():
    read = compose()
    inside = [name for name, one in read["services"].items() if "inside" in one["networks"]]
    assert inside == ["bot", "worker", "jobs"]
    assert read["services"]["jobs"]["networks"] == ["inside"]
    assert read["networks"]["inside"] == {"internal": True}
    assert not [name for name, one in read["services"].items() if "ports" in one]


# --- building the image ------------------------------------------------------------------------------------


def built(tmp_path: Path, builders: dict[str, str]) -> tuple[int, str, list[str]]:
    """Build with these builders alone, as shell lines by name; gives status, output, what they were asked."""
    path = tmp_path / "bin"
    path.mkdir()
    for name in ("sh", "sed", "sort", "dirname"):
        found = shutil.which(name)
        assert found
        (path / name).symlink_to(found)
    for name, lines in builders.items():
        (path / name).write_text(f'#!/bin/sh\necho "{name} $*" >>{tmp_path}/asked\n{lines}\n')
        (path / name).chmod(0o755)
    done = subprocess.run(
        [DEPLOY / "build_image.sh"], env={"PATH": str(path)}, capture_output=True, text=True, check=False
    )
    asked = tmp_path / "asked"
    return done.returncode, done.stdout, asked.read_text().splitlines() if asked.exists() else []


def test_without_a_builder_whose_engine_answers_building_says_that_it_was_passed_over(tmp_path: Path):
    status, said, asked = built(tmp_path, {"docker": "exit 1"})
    assert (status, asked) == (0, ["docker info"])
    assert said.startswith("The image was not built: there is no buildah, podman or docker here")


def test_without_the_base_image_building_says_that_it_was_passed_over(tmp_path: Path):
    status, said, _ = built(tmp_path, {"podman": '[ "$1" = info ]'})
    assert (status, said) == (0, "The image was not built: podman cannot fetch python:3.11-slim.\n")


def test_an_image_is_built_from_the_container_file_and_looked_at(tmp_path: Path):
    works = '[ "$1" != run ] || echo compromise 0.1'
    status, said, asked = built(tmp_path, {"docker": works, "podman": works})
    assert (status, said) == (0, "Built compromise-bot with podman: compromise 0.1\n")
    assert asked[1:] == [
        "podman pull --quiet python:3.11-slim",
        "podman build --file deploy/Containerfile --tag compromise-bot .",
        "podman run --rm compromise-bot --version",
    ]


def test_an_image_that_cannot_be_built_fails(tmp_path: Path):
    status, said, _ = built(tmp_path, {"docker": '[ "$1" != build ]'})
    assert (status, said) == (1, "")


# --- the health check --------------------------------------------------------------------------------------


def trouble(environment: dict[str, str]) -> str:
    found: Callable[[dict[str, str]], str] = runpy.run_path(str(DEPLOY / "health.py"))["trouble"]
    return found(environment)


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="only Linux has a table of locks")
def test_in_socket_mode_the_bot_is_up_as_long_as_it_holds_its_lock(tmp_path: Path):
    ledger = tmp_path / "ledger.db"
    given = {"COMPROMISE_LEDGER": str(ledger)}
    assert "No bot works on" in trouble(given)
    with only_one(ledger):
        assert trouble(given) == ""
    assert "No bot works on" in trouble(given)


@pytest.mark.parametrize("way", ["the same path", "a link", "another folder"])
def test_no_path_to_the_ledger_lets_a_second_bot_run(tmp_path: Path, way: str):
    ledger = tmp_path / "ledger.db"
    with only_one(ledger):
        (tmp_path / "ledger.db.lock").unlink(missing_ok=True)
        other = {"the same path": ledger, "a link": tmp_path / "link.db"}.get(
            way, tmp_path / "there/ledger.db"
        )
        if way == "a link":
            other.symlink_to(ledger)
        elif way == "another folder":
            (tmp_path / "there").symlink_to(tmp_path)
        with pytest.raises(CannotStart, match="Another bot is using"), only_one(other):
            pass


def test_a_ledger_that_is_gone_while_its_key_is_there_stops_the_start(tmp_path: Path):
    (tmp_path / "compromise.key").write_text("key")
    with pytest.raises(CannotStart, match="move the key away first"):
        demand_not_lost(tmp_path / "ledger.db", tmp_path / "compromise.key")
    (tmp_path / "ledger.db").touch()
    demand_not_lost(tmp_path / "ledger.db", tmp_path / "compromise.key")


def test_a_lock_on_a_file_of_the_same_number_on_another_device_is_not_the_bots():
    held: Callable[[int, int, list[str]], bool] = runpy.run_path(str(DEPLOY / "health.py"))["is_held"]
    locks = [
        "1: FLOCK  ADVISORY  WRITE 4711 fe:01:131 0 EOF",
        "1: -> FLOCK  ADVISORY  WRITE 9 fe:00:132 0 EOF",
    ]
    assert held(os.makedev(0xFE, 1), 131, locks)
    assert not held(os.makedev(0xFE, 0), 131, locks)
    assert not held(os.makedev(0xFE, 0), 132, locks), "one that waits holds nothing"
    assert held(os.makedev(0, 40), 131, locks), "the table may know such a file system by another device"


class _Healthy(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path.endswith("/health") else 404)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def answering() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), _Healthy) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def test_in_the_mode_http_the_bot_is_up_when_it_answers():
    given = {"COMPROMISE_SLACK_MODE": "http"}
    with answering() as port:
        assert trouble({**given, "COMPROMISE_SLACK_PORT": str(port)}) == ""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = str(free.getsockname()[1])
        assert f"port {nobody}" in trouble({**given, "COMPROMISE_SLACK_PORT": nobody})


def test_a_proxy_does_not_answer_for_a_bot_that_is_down(tmp_path: Path):
    with answering() as proxy, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        around = {"http_proxy": f"http://127.0.0.1:{proxy}", "no_proxy": ""}
        mode = {"COMPROMISE_SLACK_MODE": "http", "COMPROMISE_SLACK_PORT": str(free.getsockname()[1])}
        done = subprocess.run(
            [sys.executable, str(DEPLOY / "health.py")],
            env={**os.environ, **around, **mode},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert "does not answer" in done.stderr


@pytest.mark.parametrize("port", ["no number", "99999999"])
def test_a_port_that_is_none_is_told_in_a_sentence(port: str):
    assert f"port {port}" in trouble({"COMPROMISE_SLACK_MODE": "http", "COMPROMISE_SLACK_PORT": port})


# --- the pages ---------------------------------------------------------------------------------------------


def commands_of(page: str) -> list[str]:
    """Give every call of our command in the code of a page, without what goes before it."""
    text = (PAGES / page).read_text()
    spans = [*re.findall(r"`([^`\n]+)`", text), *(line for block in _blocks(text) for line in block)]
    found = (re.search(r"(?:^|[ /])compromise ((?:[a-z-]+ ?)+.*)$", span) for span in spans)
    verbs = get_command(command.app).commands  # type: ignore[attr-defined]  # it is a group
    return [match[1] for match in found if match and match[1].split()[0] in verbs]


def _blocks(text: str) -> Iterator[list[str]]:
    for block in re.findall(r"^ *```[a-z]*\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL):
        yield [line.strip() for line in block.splitlines()]


@pytest.mark.parametrize(
    "page", ["deploy.md", "rotate-secrets.md", "back-up.md", "read-and-verify-the-ledger.md"]
)
def test_every_command_of_a_page_is_one_that_exists(page: str):
    found = commands_of(page)
    assert found
    for line in found:
        words = [word for word in line.split() if re.fullmatch(r"(--)?[a-z-]+", word)]
        assert accepts(words), f"{page}: compromise {line}"
        for option in (word for word in words if word.startswith("--")):
            path = [word for word in words if not word.startswith("-")]
            assert accepts([*path, option]), f"{page}: compromise {line}"


def test_the_page_names_the_path_that_slack_sends_to():
    assert f"location = {PATH} " in PAGE


def test_everything_that_the_page_says_to_look_for_in_the_log_is_logged():
    logs = PAGE.partition("## Logs")[2].partition("\n## ")[0]
    named = set(re.findall(r"`([a-z_]+\.[a-z_]+)`", logs))
    assert len(named) > 8
    logged = set()
    for path in (ROOT / "bot").rglob("*.py"):
        logged |= set(re.findall(r'action="([a-z_.]+)"', path.read_text()))
    assert named <= logged
