"""What Microsoft answered to a change stays with it, for whoever asks Microsoft's support."""

from __future__ import annotations

import pytest

from commands.containment.proposals import Outcome
from graph.request import Cmdlet
from sandbox.tenant import Fault
from tests.commands.carrying import (
    NAME,
    Scene,
    action,
    block_sign_in,
    disable_protocols,
    outcomes,
    revoke_grant,
)


@pytest.mark.parametrize(
    ("fault", "path", "ends"),
    [
        (Fault(status=403, code="Forbidden", method="GET"), "/users", Outcome.FAILED),
        (Fault(status=400, code="badRequest", method="PATCH"), "/users", Outcome.FAILED),
        (Fault(status=404, code="Request_ResourceNotFound", method="PATCH"), "/users", Outcome.FAILED),
        (Fault(status=504, method="PATCH", done=True), "/users", Outcome.CONFIRMED),
        (Fault(status=404, method="DELETE", done=True), "/oauth2PermissionGrants", Outcome.ALREADY),
    ],
    ids=["look", "refused", "gone", "doubt", "removed"],
)
def test_whatever_microsoft_answered_is_kept_with_its_request_id(scene: Scene, fault, path, ends):
    """Microsoft's support asks for it."""
    change = revoke_grant(scene.tenant) if fault.method == "DELETE" else block_sign_in()
    scene.tenant.faults.add(path, fault, 1)
    proposal = scene.carry_out(scene.approved(change))
    assert outcomes(proposal) == [ends]
    assert action(proposal).request_id
    (ended,) = (entry for entry in scene.ledger.entries() if entry.kind == "change_ended")
    assert ended.facts["request_id"] == action(proposal).request_id


def test_a_cmdlet_that_removes_what_is_gone_has_nothing_to_do_and_says_so(scene: Scene):
    remove = Cmdlet("Remove-MailboxPermission", {"Identity": NAME}, anchor=NAME)
    gone = Fault(status=404, code="NotFound")
    scene.tenant.faults.add("Remove-MailboxPermission", gone, 1)
    proposal = scene.carry_out(scene.approved(disable_protocols(do=remove)))
    assert outcomes(proposal) == [Outcome.ALREADY]
    assert action(proposal).says == "It was already removed."
    scene.tenant.faults.add("Set-CASMailbox", gone, 1)
    proposal = scene.carry_out(scene.approved(disable_protocols()))
    assert outcomes(proposal) == [Outcome.FAILED], "another cmdlet does not remove"
    assert action(proposal).says.endswith(" Check the account again.")
