"""The forms that other products give audit records and sign-ins, one module each, told by fields' names.

A form's module has `is_one`, which is asked with the names of a record's fields in lower case, and `opened`,
which gives the record that stands inside in Microsoft's own form. `URL` says where its fields are described,
`COLUMNS` names the usual ones, by which the nearest form of an unknown record is told. A form that nothing is
read from raises in `opened` and says what to export in its place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, Protocol

from graph.audit_log.forms import (
    cloud_app_events,
    defender_sign_ins,
    elastic,
    elastic_azure,
    email_events,
    entra_audit_csv,
    entra_sign_ins_csv,
    extractor_rules,
    extractor_sessions,
    hawk_simple,
    inbox_rules,
    laid_flat,
    logscale,
    message_trace,
    no_records,
    respelled,
    search_hit,
    splunk_event,
    splunk_table,
    sumo_logic,
    wazuh,
)
from graph.audit_log.pieces import plain_name


class Form(Protocol):
    """One form, as a module."""

    __name__: str
    __doc__: str | None

    @property
    def URL(self) -> tuple[str, ...]:  # noqa: N802 - a constant of the module
        """Where its fields are described."""

    @property
    def COLUMNS(self) -> frozenset[str]:  # noqa: N802 - a constant of the module
        """Its usual fields, in lower case."""

    def is_one(self, names: frozenset[str], /) -> bool:
        """Say whether a record with fields of these names, in lower case, has this form."""

    def opened(self, raw: Mapping[str, Any], /) -> Mapping[str, Any]:
        """Give the record inside."""


FORMS: Final[tuple[Form, ...]] = (
    search_hit,
    sumo_logic,
    splunk_event,
    wazuh,
    logscale,
    elastic,
    elastic_azure,
    cloud_app_events,
    defender_sign_ins,
    entra_sign_ins_csv,
    entra_audit_csv,
    splunk_table,
    message_trace,
    email_events,
    extractor_sessions,
    extractor_rules,
    inbox_rules,
    respelled,
    hawk_simple,
    laid_flat,
    no_records,
)

_DEEPEST: Final = 5
"""How many frames may lie around one record: a hit of a search holds an alert, which holds a record."""


def opened(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Take a record out of every frame around it; a record without one comes back as it is.

    Raises:
        UnreadableRecord: when the form is known and nothing is read from it.
    """
    for _ in range(_DEEPEST):
        form = _form_of(tuple(raw))
        if form is None:
            break
        inside = form.opened(raw)
        if inside is raw:
            break
        raw = inside
    return raw


def label_of(raw: Mapping[str, Any]) -> str:
    """Give the first words of a form's description, for people; "" where a record has no frame of a form."""
    form = _form_of(tuple(raw))
    return "" if form is None else title_of(form)


def title_of(form: Form) -> str:
    """Give the first words of a form's description, for people."""
    return re.split(r"[:.]", form.__doc__ or "")[0].replace("`", "").strip()


@lru_cache(maxsize=256)
def _form_of(keys: tuple[str, ...]) -> Form | None:
    # The records of a file have the same few sets of names: only the first of each is looked at.
    names = frozenset(plain_name(key) for key in keys)
    return next((form for form in FORMS if form.is_one(names)), None)
