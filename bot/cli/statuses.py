"""What the command ends with; apart from `ending`, so that the help costs no import of ours."""

from __future__ import annotations

WORKED, MISSING, BAD_INPUT, COULD_NOT_LOOK, LEFT_UNREAD = 0, 1, 2, 3, 4


STATUSES = {
    WORKED: "success, whatever the verdict",
    MISSING: "something is missing or failed verification (doctor, demo, ledger, evidence)",
    BAD_INPUT: "bad input: an unknown user, file, option or scenario, or a wrong setting",
    COULD_NOT_LOOK: "nothing could be collected: no sign-in, no such tenant, no readable source or record",
    LEFT_UNREAD: "analyze answered, but something that it was given could not be read (0 with --lenient)",
}
"""What the command ends with."""
