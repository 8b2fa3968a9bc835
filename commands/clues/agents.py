"""Programs that name themselves in a user agent and that people do not sign in with.

The tables are our own; each row names the project or the vendor page that the name comes from. A name is only
what the caller claims: its presence is a sign, its absence says nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final


class Kind(StrEnum):
    """What kind of program it is."""

    ATTACK = "attack tool"  # written to attack or to take stock of a directory
    SPRAY = "password-guessing tool"
    KIT = "phishing-kit library"  # general libraries that relay kits are built on
    SCRIPT = "script"  # administrators use these as well
    LEGACY = "legacy sign-in"  # sign-in that knows no second factor


@dataclass(frozen=True, slots=True)
class Agent:
    """One program: the name people know, its kind, how it is recognised, and who says so."""

    name: str
    kind: Kind
    pattern: re.Pattern[str]
    source: str


def _agent(name: str, kind: Kind, pattern: str, source: str) -> Agent:
    return Agent(name, kind, re.compile(pattern, re.IGNORECASE), source)


AGENTS: Final = (
    _agent("AzureHound", Kind.ATTACK, r"azurehound", "github.com/SpecterOps/AzureHound"),
    _agent("AADInternals", Kind.ATTACK, r"aadinternals", "github.com/Gerenios/AADInternals"),
    _agent("ROADtools", Kind.ATTACK, r"roadtools|roadrecon|roadtx", "github.com/dirkjanm/ROADtools"),
    _agent("GraphRunner", Kind.ATTACK, r"graphrunner", "github.com/dafthack/GraphRunner"),
    _agent("TokenTactics", Kind.ATTACK, r"tokentactics", "github.com/rvrsh3ll/TokenTactics"),
    _agent("PurpleKnight", Kind.ATTACK, r"purpleknight", "Semperis, Purple Knight"),
    _agent("StormSpotter", Kind.ATTACK, r"stormspotter", "github.com/Azure/Stormspotter"),
    _agent("TeamFiltration", Kind.SPRAY, r"teamfiltration", "github.com/Flangvik/TeamFiltration"),
    # TeamFiltration's default: a Teams client that was withdrawn years ago.
    _agent(
        "TeamFiltration", Kind.SPRAY, r"Teams/1\.3\.00\.30866 Chrome/80", "github.com/Flangvik/TeamFiltration"
    ),
    _agent("o365spray", Kind.SPRAY, r"o365spray", "github.com/0xZDH/o365spray"),
    _agent("TREVORspray", Kind.SPRAY, r"trevorspray", "github.com/blacklanternsecurity/TREVORspray"),
    _agent("Go365", Kind.SPRAY, r"\bgo365\b", "github.com/optiv/Go365"),
    _agent("SprayingToolkit", Kind.SPRAY, r"sprayingtoolkit", "github.com/byt3bl33d3r/SprayingToolkit"),
    _agent("fasthttp", Kind.KIT, r"fasthttp", "SpearTip, brute force with the fasthttp library, 2025"),
    _agent(
        "axios", Kind.KIT, r"\b(?:agent)?axios\b", "Field Effect, business mail compromise with axios, 2024"
    ),
    _agent("node-fetch", Kind.KIT, r"node-fetch|\bundici\b|^node$|^node/", "the library's own name"),
    _agent("got", Kind.KIT, r"^got(?:$|[ /(])", "the library's own name"),
    _agent(
        "Python", Kind.SCRIPT, r"python-requests|python-httpx|aiohttp|python-urllib|\bpython/", "own names"
    ),
    _agent("curl", Kind.SCRIPT, r"^curl/|\blibcurl\b|^wget/", "the program's own name"),
    _agent("Go", Kind.SCRIPT, r"go-http-client|go-resty", "the library's own name"),
    _agent("Java", Kind.SCRIPT, r"apache-httpclient|^java/|okhttp", "the library's own name"),
    _agent("Perl", Kind.SCRIPT, r"libwww-perl|lwp::", "the library's own name"),
    _agent("Ruby", Kind.SCRIPT, r"^ruby$|faraday v|rest-client", "the library's own name"),
    _agent("Postman", Kind.SCRIPT, r"postmanruntime|^insomnia/", "the program's own name"),
    _agent("PowerShell", Kind.SCRIPT, r"powershell", "the program's own name"),
    _agent(
        "BAV2ROPC",
        Kind.LEGACY,
        r"bav2ropc",
        "Microsoft Entra: basic authentication of a mail protocol turned into a password grant",
    ),
    _agent(
        "CBAinPROD",
        Kind.LEGACY,
        r"cbainprod|cbaintar",
        "Exchange Online's legacy sign-in, as in Sigma's rule",
    ),
)
"""Programs, the most telling first."""

LEGACY_CLIENTS: Final = frozenset(
    {
        "imap4",
        "imap",
        "pop3",
        "pop",
        "authenticated smtp",
        "smtp",
        "autodiscover",
        "exchange activesync",
        "exchange online powershell",
        "exchange web services",
        "mapi over http",
        "offline address book",
        "other clients",
        "outlook anywhere (rpc over http)",
        "reporting web services",
    }
)
"""Values of `clientAppUsed` that mean basic authentication.

Source: Microsoft Entra, "Block legacy authentication".
"""


@lru_cache(maxsize=4096)
def agent_of(user_agent: str) -> Agent | None:
    """Recognise a program by its user agent; None for browsers, mail programs and everything unknown."""
    if not user_agent:
        return None
    return next((agent for agent in AGENTS if agent.pattern.search(user_agent)), None)


def is_scripted(user_agent: str) -> bool:
    """Say whether no person sits behind this agent."""
    return agent_of(user_agent) is not None


_VERSION: Final = re.compile(r"(?:[/ ]v?|_)\d[\w.]*")


@lru_cache(maxsize=4096)
def family_of(user_agent: str) -> str:
    """Give a user agent without its version numbers, so that an update makes no new one."""
    return _VERSION.sub("", user_agent).strip().casefold()
