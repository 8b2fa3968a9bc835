"""Settings of several tenants: each with people and channels of its own, in one file or in a folder."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.people.tenancy import Tenancy
from bot.settings import CHECK_NEEDS, Settings, exposed, load, same
from commands.ledger.tenants import former_names
from graph.errors import NoSuchUser
from graph.tenants import Tenants

SHARED = """
[slack]
bot_token = "xoxb-invented"
app_token = "xapp-invented"
channel = "C0SHARED"

[responders]
users = ["U0MEGANBOW"]

[approvers]
users = ["U0ALEXWILB"]
"""


APP = "0a1b2c3d-0000-4000-8000-0000000000c"


def tenant(name: str, number: int, more: str = "") -> str:
    """The keys of a tenant."""
    return (
        f'name = "{name}"\ntenant_id = "t{number}.example"\nclient_id = "{APP}{number}"\n'
        f'client_secret = "invented"\n'
        f'domains = ["{name.casefold()}.example"]\n{more}'
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "tenants.d"
    made.mkdir(mode=0o750)
    return made


def put(folder: Path, file: str, text: str) -> Path:
    """Write a file that is for its owner alone."""
    path = folder / file
    path.touch(mode=0o600)
    path.write_text(text)
    return path


def loaded(folder: Path, more: str = SHARED, before: str = "") -> Settings:
    """Read settings whose tenants stand in the folder."""
    path = put(folder.parent, "compromise.toml", f'tenants_folder = "{folder}"\n{before}{more}')
    return load(path, {})


def problems(folder: Path, more: str = SHARED, before: str = "") -> tuple[str, ...]:
    """What is wrong with them."""
    with pytest.raises(SettingsError) as caught:
        loaded(folder, more, before)
    return caught.value.problems


def test_each_file_of_the_folder_is_a_tenant_behind_those_of_the_main_file(folder):
    put(
        folder,
        "b.toml",
        tenant("Fabrikam", 2, 'channel = "C0FABRIKAM"\n[approvers]\nusers = ["U0FABRIKAM"]\n'),
    )
    put(folder, "a.toml", tenant("Adatum", 3))
    put(folder, ".a.toml", "an editor's own")
    put(folder, "notes.txt", "no settings")
    settings = loaded(folder, SHARED + "[[tenants]]\n" + tenant("Contoso", 1))
    assert [one.name for one in settings.tenants] == ["Contoso", "Adatum", "Fabrikam"]
    assert settings.tenants[2].approvers is not None
    assert settings.tenants[2].approvers.users == ("U0FABRIKAM",)
    assert settings.tenants[1].approvers is None


def test_a_file_of_today_with_one_tenant_gives_it_nothing_of_its_own(tmp_path):
    path = put(tmp_path, "compromise.toml", SHARED + "[[tenants]]\n" + tenant("Contoso", 1))
    (one,) = load(path, {}).tenants
    assert (one.responders, one.approvers, one.policy) == (None, None, None)
    assert not one.own_channels


def test_what_is_wrong_in_a_file_of_a_tenant_is_told_with_the_file_and_the_key(folder):
    wrong = put(folder, "a.toml", tenant("Adatum", 3, '[approvers]\nusers = ["megan"]\ncolor = 1\n'))
    lacking = put(folder, "b.toml", f'name = "Fabrikam"\nclient_id = "{APP}2"\nclient_secret = "invented"\n')
    told = problems(folder)
    assert any(one.startswith(f"{wrong}: approvers.users[0]: should be Slack user IDs") for one in told)
    assert f"{wrong}: approvers.color: there is no such setting." in told
    assert any(one.startswith(f"{lacking}: tenant_id: is missing") for one in told)


def test_a_file_that_is_no_toml_is_told_with_its_line(folder):
    broken = put(folder, "a.toml", 'name = "Adatum"\ntenant_id = \n')
    (told,) = problems(folder)
    assert told.startswith(f"{broken}: is not TOML")
    assert "line 2" in told


def test_a_certificate_that_is_not_there_is_told_with_the_file_that_names_it(folder):
    lacking = put(
        folder,
        "a.toml",
        tenant("Adatum", 3).replace('client_secret = "invented"', 'certificate = "/no/a.pem"'),
    )
    assert problems(folder) == (f"{lacking}: certificate: there is no file /no/a.pem.",)


@pytest.mark.parametrize(
    ("first", "second", "says"),
    [
        (tenant("Adatum", 1), tenant("Adatum", 2), "name: Adatum is already the name of another tenant"),
        (tenant("Adatum", 1), tenant("ADATUM", 2), "name: ADATUM is already the name"),
        (tenant("Adatum", 1), tenant("Ａdatum", 2), "name: Ａdatum is already the name"),
        (
            tenant("Adatum", 1),
            tenant("Fabrikam", 1),
            "tenant_id: t1.example is already the ID of another tenant",
        ),
    ],
)
def test_two_files_with_one_name_or_one_id_are_refused_and_both_are_named(folder, first, second, says):
    one, other = put(folder, "a.toml", first), put(folder, "b.toml", second)
    (told,) = problems(folder)
    assert told.startswith(f"{other}: {says}")
    assert str(one) in told


def test_a_tenant_of_the_folder_cannot_stand_in_for_one_of_the_main_file(folder):
    other = put(folder, "a.toml", tenant("Contoso", 9, '[approvers]\nusers = ["U0EVIL"]\n'))
    (told,) = problems(folder, SHARED + "[[tenants]]\n" + tenant("Contoso", 1))
    assert told == f"{other}: name: Contoso is already the name of another tenant (tenants[0].)."


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        " Adatum",
        "Adatum\\n",
        "Ada\\ttum",
        "Adatum\\u202e",
        "Ada\\u200btum",
        "Ada\\u2028tum",
        "A" * 81,
    ],
)
def test_a_name_in_which_something_hides_is_refused(folder, name):
    put(folder, "a.toml", tenant("Adatum", 3).replace('"Adatum"', f'"{name}"'))
    (told,) = problems(folder)
    assert f"{folder / 'a.toml'}: name: should be" in told


def test_a_file_without_a_name_is_refused_for_the_name_of_a_file_is_none_to_keep_cases_under(folder):
    unnamed = put(folder, "adatum.toml", tenant("Adatum", 3).replace('name = "Adatum"\n', ""))
    assert problems(folder) == (f"{unnamed}: name: is missing; cases are kept under it, so a file has it.",)


def test_a_folder_that_is_empty_or_not_there_is_told(folder):
    assert problems(folder)[0] == f"tenants_folder: there is no file *.toml in {folder}."
    folder.rmdir()
    assert problems(folder) == (f"tenants_folder: {folder} cannot be read (No such file or directory).",)


def test_a_secret_in_a_file_of_the_folder_that_others_may_read_is_refused(folder):
    path = put(folder, "a.toml", tenant("Adatum", 3))
    path.chmod(0o644)
    (told,) = problems(folder)
    assert told.startswith(f"{path}: others on this machine can read it, and it has client_secret")


def test_a_folder_that_others_may_change_is_told_for_whoever_adds_a_file_names_approvers(folder):
    put(folder, "a.toml", tenant("Adatum", 3))
    folder.chmod(0o757)
    (told,) = exposed(folder.parent / "none.toml", folder)
    assert told == f"{folder}: others on this machine can read and change it; run chmod 750 on it."


def test_a_tenant_of_variables_and_a_folder_are_not_mixed(folder):
    put(folder, "a.toml", tenant("Adatum", 3))
    path = put(folder.parent, "compromise.toml", f'tenants_folder = "{folder}"\n')
    with pytest.raises(SettingsError, match=r"give either \[\[tenants\]\]"):
        load(path, {"COMPROMISE_TENANT_ID": "t1.example"}, CHECK_NEEDS)


@pytest.mark.parametrize(
    ("first", "second", "says"),
    [
        ('channel = "C0ONE"\n', 'channel = "C0ONE"\n', "the channel C0ONE is named by two tenants"),
        (
            'channel = "C0ONE"\n',
            'channel = "C0TWO"\nchannels = ["C0ONE"]\n',
            "the channel C0ONE is named by two",
        ),
        ('alerts_channel = "C0ONE"\n', 'channel = "C0ONE"\n', "the channel C0ONE is named by two tenants"),
        ('channel = "C0SHARED"\n', "", "slack.channel is for all tenants, so C0SHARED cannot be"),
    ],
)
def test_a_channel_is_one_tenants_or_everybodys(folder, first, second, says):
    put(folder, "a.toml", tenant("Adatum", 1, first))
    put(folder, "b.toml", tenant("Fabrikam", 2, second))
    (told,) = problems(folder)
    assert says in told


def test_alerts_need_a_channel_in_every_tenant(folder):
    put(folder, "a.toml", tenant("Adatum", 1, 'alerts_channel = "C0ONE"\n'))
    put(folder, "b.toml", tenant("Fabrikam", 2, 'channel = "C0TWO"\n'))
    without = SHARED.replace('channel = "C0SHARED"\n', "") + '[alerts]\nsources = ["defender"]\n'
    assert len(loaded(folder, without).tenants) == 2
    put(folder, "c.toml", tenant("Contoso", 3))
    (told,) = problems(folder, without)
    assert "alerts of Contoso need a channel" in told


def test_names_that_people_take_for_one_are_the_same():
    assert same("Ａdatum ") == same("adatum")
    assert same("Adatum") != same("Adatum 2")


def test_a_tenant_that_names_the_people_of_one_step_leaves_those_of_the_others_as_for_all(folder):
    put(folder, "a.toml", tenant("Adatum", 3, "[policy.people]\nremove_forwarding = 2\n"))
    put(folder, "b.toml", tenant("Fabrikam", 2, "[policy.people]\nreset_password = 1\n"))
    settings = loaded(folder, SHARED + "[policy.people]\nreset_password = 3\n")
    tenancy = Tenancy(settings)
    assert tenancy.of("Adatum").policy.people == {"reset_password": 3, "remove_forwarding": 2}
    assert tenancy.of("Fabrikam").policy.people == {"reset_password": 1}


def test_two_names_for_one_tenant_of_microsofts_are_refused_where_an_id_hides_it(folder):
    """A domain means the tenant as its GUID does, and an application of both reaches into either."""
    first = tenant("Adatum", 1).replace('"t1.example"', '"0a1b2c3d-0000-4000-8000-000000000001"')
    put(folder, "a.toml", first)
    other = tenant("Fabrikam", 2).replace('"t2.example"', '"adatum.example"')
    put(folder, "b.toml", other.replace(f"{APP}2", f"{APP}1".upper()))
    (told,) = problems(folder)
    assert "the tenants Adatum and Fabrikam use the same application, so each needs a GUID" in told
    put(folder, "b.toml", first.replace("0001", "0002").replace("Adatum", "Fabrikam").replace("adatum", "b"))
    assert len(loaded(folder).tenants) == 2


@pytest.mark.parametrize("key", ["login_url", "graph_url", "exchange_url", "compliance_url"])
def test_beside_other_tenants_microsoft_is_asked_at_its_own_addresses_alone(folder, key):
    """Whoever answers at another one could say that an account or a domain is this tenant's."""
    put(folder, "a.toml", tenant("Adatum", 1))
    put(folder, "b.toml", tenant("Fabrikam", 2, f'{key} = "https://evil.example"\n'))
    (told,) = problems(folder)
    assert "the addresses of Fabrikam must be those of Microsoft's clouds" in told
    put(folder, "b.toml", tenant("Fabrikam", 2, 'graph_url = "https://graph.microsoft.us/"\n'))
    assert len(loaded(folder).tenants) == 2


@pytest.mark.parametrize(
    ("own", "whose"),
    [
        ("", "Fabrikam"),
        ('[responders]\nusers = ["U0OTHER"]\n', "Adatum"),
        ('[approvers]\nusers = ["U0OTHER"]\n', "Adatum"),
    ],
)
def test_who_is_named_for_one_tenant_gets_no_cases_of_another_that_was_taken_out(folder, own, whose):
    put(folder, "b.toml", tenant("Fabrikam", 2, own))
    tenancy = Tenancy(loaded(folder))
    assert tenancy.whose("Adatum") == whose
    assert tenancy.whose("Fabrikam") == "Fabrikam"


def test_cases_go_by_the_id_of_their_tenant_whatever_it_was_called(folder):
    put(folder, "a.toml", tenant("Adatum", 1))
    put(folder, "b.toml", tenant("Fabrikam", 2))
    known = {"Adatum": "t1.example", "Fabrikam": "t2.example", "Old": "t1.example", "Gone": "t9.example"}
    settings = loaded(folder)
    former = former_names(known, {one.name: one.tenant_id for one in settings.tenants})
    tenancy = Tenancy(settings, former)
    whose = {name: tenancy.whose(name) for name in (*known, "Never")}
    assert whose == {
        "Adatum": "Adatum",
        "Fabrikam": "Fabrikam",
        "Old": "Adatum",
        "Gone": "Gone",
        "Never": "Never",
    }
    with closing(Tenants(settings.tenants, former=former)) as tenants:
        assert tenants.named("Old").names == {"Adatum", "Old"}
        with pytest.raises(NoSuchUser, match="no longer configured"):
            tenants.named("Gone")


def test_a_tenant_that_stands_alone_gets_no_cases_of_another_whose_id_is_known(folder):
    put(folder, "b.toml", tenant("Fabrikam", 2))
    settings = loaded(folder)
    former = former_names({"Adatum": "t1.example", "Old": "t2.example"}, {"Fabrikam": "t2.example"})
    tenancy = Tenancy(settings, former)
    assert {name: tenancy.whose(name) for name in ("Adatum", "Old", "Never")} == {
        "Adatum": "Adatum",
        "Old": "Fabrikam",
        "Never": "Fabrikam",
    }
