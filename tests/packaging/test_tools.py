"""The bot as a tool: installed by pip, pipx or uv, without a clone around it, and complete."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.packaging.machine import (
    EXPORT,
    PYTHON,
    clone,
    environment,
    installed,
    locked,
    newer_releases,
    python_with,
    run,
)

pytestmark = pytest.mark.packaging

HERE = Path(sys.executable).parent
"""Where the tools for developing are."""


def by_pip(copy: Path, home: Path, env: Mapping[str, str]) -> Path:
    """Build the wheel, then install it with an old pip into an environment of its own."""
    run(python_with("pip==23.0.1", home), "-m", "venv", home / "venv", cwd=copy, env=env)
    pip = (home / "venv/bin/python", "-m", "pip")
    run(*pip, "wheel", "--quiet", "--no-deps", "--wheel-dir", home / "dist", ".", cwd=copy, env=env)
    (wheel,) = (home / "dist").glob("*.whl")
    run(*pip, "install", "--quiet", wheel, cwd=home, env=env)
    run(*pip, "check", cwd=home, env=env)
    return home / "venv/bin/compromise"


def by_pipx(copy: Path, home: Path, env: Mapping[str, str]) -> Path:
    """As the README says."""
    more = {"PIPX_HOME": str(home / "pipx"), "PIPX_BIN_DIR": str(home / "bin")}
    run(HERE / "pipx", "install", "--python", PYTHON, ".", cwd=copy, env={**env, **more})
    return home / "bin/compromise"


def by_uv(copy: Path, home: Path, env: Mapping[str, str]) -> Path:
    """As the README says."""
    more = {
        "UV_TOOL_DIR": str(home / "uv"),
        "UV_TOOL_BIN_DIR": str(home / "bin"),
        "UV_PYTHON_DOWNLOADS": "never",
    }
    run(HERE / "uv", "tool", "install", "--python", PYTHON, ".", cwd=copy, env={**env, **more})
    return home / "bin/compromise"


@pytest.mark.parametrize("install", [by_pip, by_pipx, by_uv])
def test_the_tool_works_anywhere_and_has_the_versions_that_were_tested(
    install: Callable[[Path, Path, Mapping[str, str]], Path], tmp_path: Path
):
    (tmp_path / "newer").mkdir()
    env = environment(newer_releases(tmp_path / "newer"))
    compromise = install(clone(tmp_path / "compromise-bot"), tmp_path, env)

    python = Path(compromise.resolve().read_text().splitlines()[0].removeprefix("#!").split(" -E")[0])
    found = installed(python)
    wanted = locked("run")
    assert {name: found.get(name) for name in wanted if name != "pip"} == {
        name: version for name, version in wanted.items() if name != "pip"
    }
    assert not found.keys() & (locked("dev").keys() - wanted.keys() - {"setuptools"}), (
        "only developing needs these"
    )

    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "export.csv").write_text(EXPORT)
    assert "Report on adele.vance@contoso.example" in run(
        compromise, "analyze", "export.csv", cwd=elsewhere, env=env
    )
    assert "requests to Microsoft 365" in run(compromise, "demo", cwd=elsewhere, env=env)
    sandbox_starts_and_ends(compromise, elsewhere, env)


def sandbox_starts_and_ends(compromise: Path, cwd: Path, env: Mapping[str, str]) -> None:
    command = [str(compromise), "sandbox", "--scenario", "clean", "--port", "0"]
    with subprocess.Popen(
        command,
        cwd=cwd,
        env={**env, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        assert process.stdout
        told = ""
        for line in process.stdout:
            told += line.decode()
            if "Ctrl-C" in told:
                break
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read().decode()
        assert process.wait() == 0, told + rest
    assert "Slack:" in told
    assert "Traceback" not in rest
