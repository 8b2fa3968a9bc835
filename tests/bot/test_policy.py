"""Who may approve and what it takes is set in the file or by variables, and a wrong name stops the start."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.people.tenancy import Tenancy
from bot.settings import Settings, load

FILE = """
protected = ["Break.Glass@contoso.example"]

[approvers]
users = ["U0ALEXWILB"]
group = "S0RESPONDE"

[policy]
strict = true
expires = "2h"
factor = ["block_sign_in", "irreversible"]

[policy.people]
remove_forwarding = 2

[[tenants]]
tenant_id = "0a1b2c3d-0000-4000-8000-000000000001"
client_id = "0A1B2C3D-0000-4000-8000-000000000002"
client_secret = "invented"
"""


def written(tmp_path: Path, text: str) -> Settings:
    """Settings from a file with this text."""
    path = tmp_path / "compromise.toml"
    path.write_text(text)
    path.chmod(0o600)
    return load(path, {}, needs=("tenants",))


def test_the_policy_is_read_from_the_file(tmp_path):
    settings = written(tmp_path, FILE)
    assert settings.approvers.users == ("U0ALEXWILB",)
    policy = Tenancy(settings).of("tenant").policy
    assert policy.strict
    assert policy.expires == timedelta(hours=2)
    assert policy.factor_steps == {"block_sign_in", "irreversible"}
    assert policy.people == {"remove_forwarding": 2}


def test_the_bot_never_touches_what_is_protected_nor_itself(tmp_path):
    guard = Tenancy(written(tmp_path, FILE)).of("tenant").guard
    assert guard.protected == {"break.glass@contoso.example"}
    assert guard.own_apps == {"0a1b2c3d-0000-4000-8000-000000000002"}


def test_nobody_is_an_approver_unless_named():
    assert Settings().approvers.users == ()
    assert Settings().approvers.group == ""


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("remove_forwarding = 2", "remove_forwardng = 2", "did you mean remove_forwarding?"),
        ("remove_forwarding = 2", "remove_forwarding = 0", "policy.people"),
        ('"irreversible"', '"irreversable"', "there is no step irreversable"),
        ('expires = "2h"', 'expires = "soon"', "policy.expires"),
    ],
)
def test_a_wrong_policy_stops_the_start_with_its_name(tmp_path, old, new, says):
    with pytest.raises(SettingsError, match=says):
        written(tmp_path, FILE.replace(old, new))
