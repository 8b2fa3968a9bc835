"""Reading the settings from files and variables, which win over files; all problems are told at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bot.errors import SettingsError
from bot.settings.files import FILE_NAME, SECRETS, read_file, read_folder, twice
from bot.settings.problems import named, problem
from bot.settings.variables import FOREIGN, PREFIX, variable_for, variables
from bot.settings.whole import Settings

BOT_NEEDS = ("slack", "tenants")
CHECK_NEEDS = ("tenants",)


def load(
    path: Path | None,
    environment: Mapping[str, str],
    needs: tuple[str, ...] = BOT_NEEDS,
    only: tuple[str, ...] = (),
    without: tuple[str, ...] = (),
) -> Settings:
    """Read the settings.

    Args:
        path: The file, or None for ``compromise.toml`` in this folder where there is one.
        environment: The variables, usually `os.environ`.
        needs: The keys that must be there for what is about to be done.
        only: The keys that are read; problems with other keys are ignored. All keys when empty.
        without: The keys that are not read, because what is about to be done has no use for them.

    Raises:
        SettingsError: with one line for each problem.
    """
    values, problems = _file(path), []
    if only:
        values = {key: value for key, value in values.items() if key in only}
        asked = {variable_for((key,)) for key in only}
        environment = {name: text for name, text in environment.items() if name in asked}
    given: dict[tuple[str, ...], str] = {}
    known = dict(variables())
    for name, text in sorted(environment.items()):
        if not name.startswith(PREFIX) or name in FOREIGN:
            continue
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            problems.append(
                f"{name}: there is no such setting" + (f"; did you mean {near[0]}?" if near else ".")
            )
            continue
        where, is_list = known[name]
        given[where] = name
        inner = values
        for part in where[:-1]:
            inner = inner.setdefault(part, {})
        inner[where[-1]] = [item.strip() for item in text.split(",") if item.strip()] if is_list else text
    for key in without:
        values.pop(key, None)
    files = _from_folder(values, problems)
    one = values.pop("tenant", None)
    if one is not None:
        if values.get("tenants"):
            problems.append(
                "tenant: give either [[tenants]] in the file or COMPROMISE_TENANT_… variables, not both."
            )
        else:
            values["tenants"] = [one]
            # So that what is wrong with it is told by its name in the file, and not by that of a list.
            given.setdefault(("tenant",), "tenant")
    lacking = [need for need in needs if not values.get(need)]
    if lacking and path is None and not Path(FILE_NAME).is_file():
        problems.append(
            f"{FILE_NAME}: there is no such file in {Path.cwd()}; `compromise init` creates it, "
            "and --config names another one."
        )
    for need in lacking:
        asks = "compromise init --slack" if need == "slack" and values.get("tenants") else "compromise init"
        problems.append(f"{named((need,), given)}: {_NEED[need]}. `{asks}` asks for it.")
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        # A default that follows from other values is not a separate problem if one of those is wrong.
        wrong = [one for one in error.errors() if one["type"] != "default_factory_not_called"]
        lines = [*problems, *(problem(one, given, files) for one in wrong), *_unread(wrong, path)]
        raise SettingsError(lines) from None
    for number, tenant in enumerate(settings.tenants):
        for where, holder in (((), tenant), (("remediate",), tenant.remediate)):
            if holder and holder.certificate and not holder.certificate.is_file():
                name = named(("tenants", number, *where, "certificate"), given, files)
                problems.append(f"{name}: there is no file {holder.certificate}.")
    if problems:
        raise SettingsError(problems)
    return settings


def _unread(wrong: Sequence[ErrorDetails], path: Path | None) -> Iterator[str]:
    """Say where `init` wrote the tokens that a setting lacks, where that file is there and was not read."""
    secrets = (path or Path(FILE_NAME)).absolute().with_name(SECRETS)
    lacks = any(one["type"] == "missing" and one["loc"] == ("slack", "bot_token") for one in wrong)
    if lacks and secrets.is_file():
        yield f"{secrets} has Slack's tokens, and was not read. In this shell: set -a; . {secrets}; set +a"


def _from_folder(values: dict[str, Any], problems: list[str]) -> Mapping[int, Path]:
    """Put the tenants of the folder behind those of the file; give the file of each by its place.

    Raises:
        SettingsError: the folder or one of its files cannot be read.
    """
    folder, before = values.get("tenants_folder"), values.get("tenants", [])
    if not isinstance(folder, str) or not isinstance(before, list):
        return {}  # what is wrong with them is told where they are checked
    found = read_folder(Path(folder))
    if not found:
        problems.append(f"tenants_folder: there is no file *.toml in {folder}.")
    problems += [
        f"{path}: name: is missing; cases are kept under it, so a file has it."
        for path, one in found
        if "name" not in one
    ]
    standing = [(f"tenants[{place}].", one) for place, one in enumerate(before) if isinstance(one, dict)]
    again = list(twice([*standing, *((f"{path}: ", one) for path, one in found)]))
    if again:
        raise SettingsError([*problems, *again])
    values["tenants"] = [*before, *(one for _, one in found)]
    return {len(before) + place: path for place, (path, _) in enumerate(found)}


_NEED = {
    "slack": "not configured; it needs at least bot_token and app_token"
    " (COMPROMISE_SLACK_BOT_TOKEN, COMPROMISE_SLACK_APP_TOKEN)",
    "tenants": "none is configured; one needs tenant_id, client_id and client_secret or certificate"
    " (COMPROMISE_TENANT_ID, COMPROMISE_TENANT_CLIENT_ID, …)",
}


def _file(path: Path | None) -> dict[str, Any]:
    chosen = path or Path(FILE_NAME)
    if path is None and not chosen.is_file():
        return {}
    return read_file(chosen)
