"""The settings: one frozen value, read from `compromise.toml` and from variables named `COMPROMISE_…`.

A variable wins over the file. Its name is the key's path in capitals: `slack.bot_token` is
`COMPROMISE_SLACK_BOT_TOKEN`. Lists are separated by commas. One tenant can be given by
`COMPROMISE_TENANT_…`; several need the file (`[[tenants]]`), or a folder with a file each. Everything that is
wrong is told at once, one line each, with the name and what it should be.

pydantic-settings would read the variables too, but it passes over misspelt ones in silence.

`sections` and `whole` are the table of settings, `values` the kinds of values in it; `variables`, `files` and
`loading` read them, `problems` says what is wrong. Others import from here.
"""

from __future__ import annotations

from bot.settings.files import exposed, exposed_keys
from bot.settings.loading import BOT_NEEDS, CHECK_NEEDS, load
from bot.settings.sections import (
    SLACK,
    AlertSettings,
    ApproverSettings,
    LogSettings,
    PolicySettings,
    ResponderSettings,
    SiemSettings,
    SlackSettings,
    Tenant,
    TicketSettings,
)
from bot.settings.values import parse_span, same
from bot.settings.variables import variables
from bot.settings.whole import Settings

__all__ = (
    "BOT_NEEDS",
    "CHECK_NEEDS",
    "SLACK",
    "AlertSettings",
    "ApproverSettings",
    "LogSettings",
    "PolicySettings",
    "ResponderSettings",
    "Settings",
    "SiemSettings",
    "SlackSettings",
    "Tenant",
    "TicketSettings",
    "exposed",
    "exposed_keys",
    "load",
    "parse_span",
    "same",
    "variables",
)
