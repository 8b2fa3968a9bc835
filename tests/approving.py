"""How people approve in stories: they press the button on a card, and send the window that it opens."""

from __future__ import annotations

from sandbox.workspace import Delivery, Message, RunningWorkspace, View


def opened(slack: RunningWorkspace, person: str, message: Message) -> View:
    """Press Approve on a card or a copy of it; give the window, as soon as it is there."""
    before = {view.id for view in slack.modals(person)}
    slack.click(person, message, "approve")
    return slack.wait_for(
        lambda: next(
            (
                view
                for view in slack.modals(person)
                if view.callback_id == "approve" and view.id not in before
            ),
            None,
        ),
        what=f"the window in which {person} approves",
    )


def approve(slack: RunningWorkspace, person: str, message: Message, code: str = "") -> Delivery:
    """Press Approve and send the window, with a code where it asks for one."""
    return slack.submit(person, opened(slack, person, message), {"code": code} if code else {})
