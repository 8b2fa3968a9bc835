"""What is recorded of a tenant tells how Microsoft answers, and nothing that the tenant says."""

from __future__ import annotations

import io
import itertools
import json
import re
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.cli.command import main
from bot.setup import doctor_record as recording
from bot.setup.doctor_tenant import Forgets
from graph import contract
from graph.accounts import find_subject
from graph.collect import collect
from graph.connection import Connection
from graph.drift import Drift, named
from graph.errors import Refused
from graph.limits import Deadline
from graph.question import Question, Window
from graph.request import Cmdlet, Request
from graph.shapes import own_names, own_words, texts_in
from graph.wire import Reply
from sandbox import tenant
from tests.examples import EXAMPLES
from tests.graph.local import settings_of
from tests.made import made

ADELE = "adele.vance@contoso.example"
PLANTED = "Zorblax"
SECRETS = (
    PLANTED,
    pytest.param("Quuxington, zorblax@planted-fabrikam.example", marks=pytest.mark.slow),
    pytest.param("5f0c77aa-0000-4000-8000-00000000beef", marks=pytest.mark.slow),
    pytest.param("eyJ6b3JibGF4IjoxfQ.e30.c2ln", marks=pytest.mark.slow),
    '{"Zorblax": "Quuxington", "zorblaxSubject": ["Invoice Quuxington"]}',
    pytest.param("WzoRbLaX==Zorblax", marks=pytest.mark.slow),
)
"""A name, an address, an id, a token, JSON within a text, and something that is like base64."""
TRACES = re.compile(r"zorblax|quuxington|planted|fabrikam|5f0c77aa|beef|eyj|c2ln|wzo", re.IGNORECASE)


class Heard:
    """Keeps every answer, for tests."""

    def __init__(self) -> None:
        self.all: list[tuple[Request | Cmdlet, Reply]] = []

    def __call__(self, what: Request | Cmdlet, reply: Reply) -> None:
        self.all.append((what, reply))


@pytest.fixture(scope="module")
def played():
    with tenant.start(made("mailbox-takeover"), limits=False, audit_query_seconds=0.0) as started:
        yield started


@pytest.fixture(scope="module")
def heard(played) -> Heard:
    """Every answer of the tenant to every question about one account."""
    ear = Heard()
    with Connection(settings_of(played), observer=ear, reads_only=True) as connection:
        now = datetime.now(UTC)
        window = Window(now - timedelta(days=30), now)
        question = Question(find_subject(ADELE, connection), window)
        for _ in collect(question, connection, Forgets(), patience=600):
            pass
    return ear


def recorded(played, answers) -> Mapping[str, str]:
    kept = recording.Recording()
    for what, reply in answers:
        kept(what, reply)
    return kept.files(settings_of(played))


def planted(value: Any, secret: str) -> Any:
    """The same answer with the secret in every value, and new fields in every object.

    Only an extension can bring a tenant's name into an object of a known type, and its name has a prefix;
    a name of letters alone is hidden when its words are those of a value.
    """
    match value:
        case str():
            return secret
        case list():
            return [planted(element, secret) for element in value] or [secret]
        case dict():
            more = {
                PLANTED: 1,
                f"extension_0a1b2c_{PLANTED}": secret,
                "zorblaxQuuxington": "Zorblax Quuxington, in a value as well",
                "zorblaxId@odata.type": 1,
            }
            return {**{name: planted(element, secret) for name, element in value.items()}, **more}
        case _:
            return value


@pytest.mark.parametrize("secret", SECRETS)
def test_nothing_that_stands_in_any_field_comes_into_the_folder(played, heard, secret):
    answers = []
    for what, reply in heard.all:
        if reply.ok and reply.body:
            body = planted(json.loads(reply.body), secret)
            # The envelope keeps its form, or no item would be found in it.
            answers.append(
                (what, Reply(reply.status, {"Location": secret, "x-new": secret}, json.dumps(body).encode()))
            )
    files = recorded(played, answers)
    assert len(json.loads(files["answers.json"])["questions"]) > 40
    assert not TRACES.findall("".join(files.values()))


@pytest.mark.parametrize("secret", SECRETS)
def test_nothing_of_a_refusal_comes_into_the_folder_but_microsofts_code(played, heard, secret):
    error = {
        "error": {
            "code": "Authorization_RequestDenied",
            "message": secret,
            "innerError": {"date": secret, PLANTED: 1},
        }
    }
    other = {"error": {"code": f"{secret} 1", "message": secret}}
    answers = [
        (what, Reply(403, {"Retry-After": secret, "Content-Type": secret}, json.dumps(body).encode()))
        for what, _ in heard.all
        for body in (error, other)
    ]
    answers += [(what, Reply(502, {}, secret.encode())) for what, _ in heard.all]
    files = recorded(played, answers)
    assert "Authorization_RequestDenied" in files["answers.json"]
    assert not TRACES.findall("".join(files.values()))


@pytest.mark.parametrize("code", ["ZorblaxGatewayDenied", "Gateway.quuxington", "AdeleNotLetIn"])
def test_a_code_that_holds_a_word_of_the_tenant_is_not_told(played, heard, code):
    answers = [
        *heard.all,
        *((what, Reply(400, {}, json.dumps({"error": {"code": code}}).encode())) for what, _ in heard.all),
    ]
    kept = recording.Recording()
    for what, reply in answers:
        kept(what, reply)
    files = kept.files(settings_of(played, domains=("zorblax.example", "quuxington.example")), ADELE)
    assert code not in "".join(files.values())
    assert "(code not shown)" in files["answers.json"]
    assert "(code not shown)" in files["drift.md"]


def test_a_number_too_long_to_count_is_not_told(played, heard):
    what, _ = heard.all[0]
    files = recorded(played, [(what, Reply(429, {"Retry-After": "4915112345678"}))])
    assert "4915112345678" not in files["answers.json"]


def test_no_value_of_the_played_tenant_is_in_the_folder(played, heard):
    files = recorded(played, heard.all)
    text = "".join(files.values())
    tokens = {token.casefold() for token in re.findall(r"[\w.@-]+", text)}
    own = {name.casefold() for name in own_names() | set(contract.types())} | own_words()
    own |= {member.casefold() for row in contract.types().values() for member in row.values}
    asked = " ".join(f"{named(what)} {what}" for what, _ in heard.all)
    # What we asked for is ours, but for the account and the ids in it.
    ours = {word.casefold() for word in re.findall(r"\b[A-Za-z]+\b", asked)} | {"false"}
    said = {
        value.casefold()
        for _, reply in heard.all
        if reply.ok and reply.body
        for value in texts_in(json.loads(reply.body))
        if len(value) > 4
    }
    assert len(said) > 300
    assert (said & tokens) - own - ours == set()


def test_it_tells_what_a_maintainer_wants_to_know(played, heard):
    files = recorded(played, heard.all)
    told = {one["asked"]: one for one in json.loads(files["answers.json"])["questions"]}
    rules = told["GET v1.0/users/{user-id}/mailFolders/{mailFolder-id}/messageRules"]
    assert rules["answers"][0]["status"] == 200
    assert rules["fields"]["isEnabled"]["is"] == ["boolean"]
    user = told["GET v1.0/users/{user-id}"]
    assert user["fields"]["id"] == {"times": user["items"], "is": ["text (guid)"], "length": [36, 36]}
    risk = told["GET v1.0/identityProtection/riskyUsers/{riskyUser-id}"]
    assert set(risk["fields"]["riskState"]["values"]) <= set(contract.types()["riskState"].values)


def test_new_fields_absent_ones_and_unforeseen_refusals_are_told_as_drift(played):
    user = Request("GET", "/users/1", {"$select": "id,mail"})
    risky = Request("GET", "/identityProtection/riskyUsers/1")
    answers = [
        (user, Reply(200, {}, json.dumps({"id": "1", "brandNewThing": True}).encode())),
        (risky, Reply(418, {}, json.dumps({"error": {"code": "TeapotRequired"}}).encode())),
        (risky, Reply(404, {}, b"{}")),
    ]
    page = recorded(played, answers)["drift.md"]
    assert "- brandNewThing: received, not in the contract" in page
    assert "- mail: in the contract, not received" in page
    assert "- refused with 418 TeapotRequired, which is not in the contract" in page
    assert "404" not in page


RECORDS = Request("GET", "/security/auditLog/queries/1/records")
FORMS: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "as it stands": lambda data: {**data},
    "as a derived type": lambda data: {"@odata.type": "#microsoft.graph.security.defaultAuditData", **data},
    "as the base type": lambda data: {"@odata.type": "#microsoft.graph.security.auditData", **data},
    "as a dictionary": lambda data: {"dynamicProperties": data},
}


def audit_answer(data: Mapping[str, Any], form: str) -> Reply:
    """A page with one audit record around what its service said."""
    record = {"id": "r-1", "createdDateTime": "2026-09-12T16:03:35Z", "auditData": FORMS[form](data)}
    return Reply(200, {}, json.dumps({"value": [record]}).encode())


@pytest.mark.needs_examples
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("file", ["beats", "deteng", "msticpy", "sekoia"])
def test_what_a_real_audit_record_holds_is_no_difference(played, form, file):
    """Every service has fields of its own in AuditData: they are no news, and no names to tell."""
    with (EXAMPLES / "ual" / f"{file}.jsonl").open(encoding="utf-8") as lines:
        records = [json.loads(line) for line in itertools.islice(lines, 25)]
    drift = Drift("contoso", clock=itertools.count(step=60).__next__)
    for one in records:
        drift(RECORDS, audit_answer(one, form))
    assert drift.found == ()
    files = recorded(played, [(RECORDS, audit_answer(one, form)) for one in records])
    told = json.loads(files["answers.json"])["questions"][0]["fields"]
    place = "auditData.dynamicProperties." if "dictionary" in form else "auditData."
    inside = {name.removeprefix(place).partition(".")[0] for name in told if name.startswith(place)}
    assert {name.rstrip("[]{}") for name in inside} <= own_names() | {"(name not shown)", "@odata"}
    assert ": received, not in the contract" not in files["drift.md"]


@pytest.mark.parametrize("form", FORMS)
def test_a_field_of_a_services_own_in_an_audit_record_is_not_told(played, form):
    data = {"Workload": "Exchange", "MergerWithFabrikam": 1, "Projects": [{"Zorblaxian": {"Quuxed": True}}]}
    drift = Drift("contoso")
    drift(RECORDS, audit_answer(data, form))
    assert drift.found == ()
    files = recorded(played, [(RECORDS, audit_answer(data, form))])
    assert not re.search("merger|fabrikam|zorblax|quux", "".join(files.values()), re.IGNORECASE)


def test_a_new_field_beside_the_open_part_of_an_audit_record_is_a_difference():
    drift = Drift("contoso")
    drift(RECORDS, Reply(200, {}, b'{"value": [{"id": "1", "auditData": {"A": 1}, "brandNew": 1}]}'))
    assert [one.what for one in drift.found] == ["brandNew: received, not in the contract"]


WRITES = (
    Request("PATCH", "/users/1", body={"accountEnabled": False}),
    Request("DELETE", "/oauth2PermissionGrants/1"),
    Request("POST", "/users/1/revokeSignInSessions"),
    Request("POST", "/users/1/revokeSignInSessions", reads=True),
    Request("POST", "/$batch", body={"requests": []}, reads=True),
    Cmdlet("Set-Mailbox", {"Identity": ADELE}),
    Cmdlet("Remove-RoleGroupMember", {"Identity": "x"}, compliance=True),
    Cmdlet("Disable-InboxRule", {"Identity": "x"}),
)


@pytest.mark.parametrize(
    "what", WRITES, ids=lambda what: getattr(what, "name", "") or f"{what.method} {what.path}"
)
def test_while_recording_nothing_that_changes_anything_can_be_sent(played, what):
    ear = Heard()
    with Connection(settings_of(played), observer=ear, reads_only=True) as connection:
        with pytest.raises(Refused, match="Writes are not sent now"):
            connection.fetch(what, Deadline(600))
        if isinstance(what, Request):
            with pytest.raises(Refused, match="Writes are not sent now"):
                connection.fetch_batch([what], Deadline(600))
    assert ear.all == []


@pytest.fixture
def run(capsys, monkeypatch):
    """Run the command with something typed; gives status, output and errors."""

    def running(*arguments: str, typed: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out, told.err

    return running


def test_everything_is_shown_and_written_only_after_a_yes(tmp_path, run):
    folder = tmp_path / "record"
    asked = ("doctor", "--sandbox", "clean", "--user", ADELE, "--record", str(folder))
    status, out, _ = run(*asked, typed="n\n")
    assert status == 0
    assert "Nothing was written." in out
    assert [*folder.iterdir()] == []
    status, out, err = run(*asked)
    assert (status, [*folder.iterdir()]) == (2, [])
    assert "No one answered, so nothing was written" in err
    status, out, _ = run(*asked, typed="y\n")
    assert status == 0
    for name in ("answers.json", "drift.md"):
        assert (folder / name).read_text() in out


def test_a_folder_that_will_not_do_is_told_before_anything_is_asked(tmp_path, run):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").touch()
    for folder, why in (("full", "is not empty"), ("full/notes.txt", "cannot be written")):
        asked = ("doctor", "--sandbox", "clean", "--user", ADELE, "--record", str(tmp_path / folder))
        status, out, err = run(*asked, "--yes")
        assert (status, out) == (2, "")
        assert why in err


@pytest.mark.parametrize("name", ["re\0cord", "re\ud800cord", "x" * 300], ids=["null", "half", "long"])
def test_a_name_that_no_folder_can_have_is_told(tmp_path, name):
    with pytest.raises(recording.NotRecorded, match="cannot be") as told:
        recording.claim(tmp_path / name)
    assert told.value.asked_wrongly
    assert str(told.value).isprintable()


def test_json_and_a_record_are_not_asked_for_together(tmp_path, run):
    asked = ("doctor", "--sandbox", "clean", "--user", ADELE, "--record", str(tmp_path / "x"))
    status, out, err = run(*asked, "--json")
    assert (status, out) == (2, "")
    assert "leave --json out" in err


def test_what_is_shown_can_be_read_by_a_person_who_has_to_say_yes(played, heard):
    files = recorded(played, heard.all)
    told = json.loads(files["answers.json"])
    fields = sum(len(one["fields"]) for one in told["questions"])
    assert files["answers.json"].count("\n") < fields + 10 * len(told["questions"])
    short = recording.summary(files)
    values = {
        value
        for one in told["questions"]
        for seen in one["fields"].values()
        for value in seen.get("values", ())
    }
    assert values
    assert all(value in short for value in values)
    drift = files["drift.md"].partition("\n## ")[2].count("\n- ")
    assert f"drift.md: {drift} differences" in short


def test_a_record_says_which_version_asked_and_how_its_differences_are_read(played):
    user = Request("GET", "/users/1", {"$select": "id,mail"})
    files = recorded(played, [(user, Reply(200, {}, b'{"id": "1"}'))])
    own = recording.MADE_BY
    assert json.loads(files["answers.json"])["made by"] == own
    assert own in files["drift.md"]
    assert "no response had it" in files["drift.md"]


def test_an_account_must_be_named_and_known(tmp_path, run):
    status, _, err = run("doctor", "--sandbox", "clean", "--record", str(tmp_path / "x"))
    assert (status, "--user" in err) == (2, True)
    status, _, err = run(
        "doctor",
        "--sandbox",
        "clean",
        "--record",
        str(tmp_path / "x"),
        "--user",
        "no.body@contoso.example",
        "--yes",
    )
    assert status == 2
    assert "Nothing was recorded." in err
    assert [*Path(tmp_path / "x").iterdir()] == []
