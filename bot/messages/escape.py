"""Text from the tenant, made harmless: whoever took a mailbox over also writes its subjects and rule names.

Nothing that comes out of here can call anyone, be clicked, change how the rest looks, or read otherwise than
it is written. Three forms leave: `said` for Slack's mrkdwn, `plain` for plain_text objects and rich text,
`visible` for a terminal or a file, where addresses stay as they are.
Source: Slack, "Formatting text for app surfaces"; Unicode Standard Annex 9 (bidirectional text).
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Collection
from functools import cache, lru_cache

from publicsuffixlist import PublicSuffixList

_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800\u00ad\u034f\u180e")
_LONG_NAME = re.compile("“([^“”]{40})[^“”]{3,}”")
"""A name between quotes of which the first letters are enough where there is no room for all."""

_MARKS_IN_A_ROW = 3
_LONGEST_WORD = 120

_PLAIN = re.compile("[ -~\u00a1-\u00ac\u00ae-\u02ff\u2010-\u2027\u2030-\u205e]*")
"""Latin letters and ordinary punctuation: nothing among them is invisible, stacked or turns around."""

_SCHEME = re.compile(r"(?i)([a-z][a-z0-9+.-]*):(//)")
_BARE_SCHEME = re.compile(r"(?i)\b(mailto|javascript|data|tel|sms|vbscript|file|slack)(:)(?=\S)")
_IPV4 = re.compile(r"(?<![\d.])(\d{1,3}\.\d{1,3}\.\d{1,3})\.(\d{1,3})(?![\d.]*\d)")
_IPV6 = re.compile(r"(?i)(?<![\w:.\]])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\w:])")
_HOST = re.compile(r"(@?)(?<![\w\[])((?:[\w-]{1,63}[.。．｡․﹒])+(?:[^\W_]|-){2,63})(?![^\W_])")
_DOT = re.compile(r"[.。．｡․﹒]")
_GOES_ON = re.compile(r"/|[.:]\S")
"""What makes an address of ours the beginning of something else; a full stop or colon at its end does not."""
_RESERVED = frozenset(
    {"example", "test", "invalid", "localhost", "local", "onion", "lan", "internal", "corp", "home"}
)

_NO_PLACE = frozenset({"read"})
"""A brand's own top-level domain, closed to others, and the end of many permissions (``Mail.Read``)."""

_WIDE_CALL = re.compile(r"(?i)@(?=(?:channel|here|everyone|group)(?![^\W_]))")
_EMOJI_NAME = re.compile(r":(?=[a-z0-9_+'-]*[g-z+_][a-z0-9_+'-]*:)")
"""What Slack may draw as a picture; groups of an IPv6 address, which are hexadecimal, are none."""

_EDGE_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
_FORMATTING = str.maketrans({"*": "∗", "~": "∼", "`": "ˋ"})
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_ANGLES = str.maketrans({"<": "‹", ">": "›"})
_ADDRESS = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9.+'-]*(?:_[A-Za-z0-9.+'-]+)*@(?:[A-Za-z0-9-]+\.)+[A-Za-z0-9-]{2,}"
)
_LONGEST_ADDRESS = 254
"""Characters of a mail address. Source: RFC 5321, section 4.5.3.1.3, without the brackets."""


def is_address(text: str) -> bool:
    """Say whether a text is one plain mail address and nothing else, fit to stand among typed words."""
    return _ADDRESS.fullmatch(text) is not None and len(text) <= _LONGEST_ADDRESS


def visible(text: str) -> str:
    """Give the text on one line with nothing hidden in it.

    Marks that turn the reading direction are spelled out as ``[U+202E]``, as a trick worth seeing. Other
    invisible characters go, control characters and line breaks become blanks, piles of accents are cut.
    """
    if _PLAIN.fullmatch(text):  # nearly every text, and timelines have a great many
        return " ".join(text.split())
    out: list[str] = []
    marks = 0
    for sign in text:
        kind = unicodedata.category(sign)
        marks = marks + 1 if kind in {"Mn", "Me"} else 0
        if sign in _BIDI:
            out.append(f"[U+{ord(sign):04X}]")
        elif kind in {"Cc", "Zl", "Zp"}:
            out.append(" ")
        elif kind in {"Cf", "Cs", "Co", "Cn"} or sign in _BLANK or marks > _MARKS_IN_A_ROW:
            continue
        else:
            out.append(sign)
    return " ".join("".join(out).split())


def defang(text: str, ours: Collection[str] = ()) -> str:
    """Make addresses unclickable: ``hxxp://evil[.]example``, ``203.0.113[.]77``, ``2001[:]db8::7``.

    Args:
        text: What `visible` gave.
        ours: Domains, lower-cased, whose mail addresses stay readable: ``adele@contoso.example``.
    """
    text = _SCHEME.sub(_scheme, text)
    text = _BARE_SCHEME.sub(r"\1[:]", text)
    text = _IPV4.sub(r"\1[.]\2", text)
    text = _IPV6.sub(_ipv6, text)

    def host(match: re.Match[str]) -> str:
        at, name = match.groups()
        if at and name.casefold() in ours and not _GOES_ON.match(text, match.end()):
            return match.group(0)
        return at + _DOT.sub("[.]", name) if _is_host(name) else match.group(0)

    return _HOST.sub(host, text)


def cut(text: str, limit: int) -> str:
    """Shorten the text to `limit` characters, ending with an ellipsis where something went.

    Long names between quotes are shortened first: who gives a rule a name of hundreds of letters does not
    hide what the rule does. It ends before a clause that has no room, else after a whole word; within a word
    only where that is long.

    >>> cut("It applies to every message; created or changed by adele", 40)
    'It applies to every message…'
    >>> cut("The message “Invoice 4471, updated bank details”", 34)
    'The message “Invoice 4471…”'
    """
    if len(text) > limit:
        text = _LONG_NAME.sub(lambda found: f"“{found[1]}…”", text)
    if len(text) <= limit:
        return text
    short = _begin(text, limit - 1)
    if short.rfind("“") > short.rfind("”"):
        return f"{_begin(text, limit - 2)}…”"
    return f"{short}…"


def _begin(text: str, limit: int) -> str:
    """Give the first clauses or words of a text that has more than `limit` characters."""
    least = limit * 3 // 5
    clauses = [text.rfind(mark, least, limit + 1) for mark in ("; ", ". ", " (")]
    end = max(clauses) if max(clauses) > 0 else text.rfind(" ", least, limit + 1)
    return text[: end if end > 0 else limit].rstrip(" ,;:.")


def said(text: str, limit: int = 300, ours: Collection[str] = ()) -> str:
    """Give the text for a mrkdwn object: harmless, literal, one line, at most `limit` characters as read."""
    text = _readable(text, limit, ours)
    text = _WIDE_CALL.sub("＠", text)
    text = _EMOJI_NAME.sub("∶", text)
    text = _EDGE_UNDERSCORE.sub("＿", text.translate(_FORMATTING))
    return ("›" + text[1:] if text.startswith(">") else text).translate(_ENTITIES)


def plain(text: str, limit: int = 150, ours: Collection[str] = ()) -> str:
    """Give the text for a plain_text object or for rich text, which Slack shows as it is."""
    text = _WIDE_CALL.sub("＠", _readable(text, limit, ours))
    return _EMOJI_NAME.sub("∶", text).translate(_ANGLES)


def address(text: str) -> str:
    """Give a mail address for a mrkdwn object, readable where it has the form of one."""
    return text if is_address(text) else said(text)


def _readable(text: str, limit: int, ours: Collection[str]) -> str:
    return _made_readable(text[: limit * 8], limit, frozenset(ours))


@lru_cache(maxsize=1024)
def _made_readable(text: str, limit: int, ours: frozenset[str]) -> str:
    """Kept for a while: a card is edited again and again, and most of what it says stays as it was."""
    # Cut once before the dear steps, and once after them, because they make the text longer.
    short = cut(visible(text), limit)
    words = (cut(word, _LONGEST_WORD) for word in short.split(" "))
    return cut(defang(" ".join(words), ours), limit)


def _scheme(match: re.Match[str]) -> str:
    scheme, rest = match.groups()
    if scheme.lower() in {"hxxp", "hxxps"}:
        return match.group(0)
    if scheme.lower() in {"http", "https"}:
        return f"hxxp{scheme[4:]}:{rest}"
    return f"{scheme}[:]{rest}"


def _ipv6(match: re.Match[str]) -> str:
    try:
        ipaddress.IPv6Address(match.group(0))
    except ValueError:
        return match.group(0)
    return match.group(0).replace(":", "[:]", 1)


def _is_host(name: str) -> bool:
    labels = _DOT.sub(".", name).casefold()
    last = labels.rpartition(".")[2]
    if last in _NO_PLACE:
        return False
    return last in _RESERVED or last.startswith("xn--") or _suffixes().publicsuffix(labels) is not None


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList(accept_unknown=False)
