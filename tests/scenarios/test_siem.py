"""A bot whose settings name a SIEM and a ticket system tells both of a case."""

from __future__ import annotations

import json
from contextlib import closing

from pydantic import SecretStr

from bot.settings import SiemSettings, TicketSettings
from bot.webhooks import new_secret
from commands.ledger.verify import verify_ledger
from tests.bot.test_outgoing import Receiver
from tests.scenarios.conftest import ADELE


def test_a_case_reaches_the_siem_entry_by_entry_and_files_one_ticket(stage):
    with closing(Receiver()) as siem, closing(Receiver()) as desk:
        desk.answer = b'{"key": "SEC-1"}'
        story = stage(
            "mailbox-takeover",
            changes={
                "siem": SiemSettings(url=siem.url, secret=SecretStr(new_secret())),
                "tickets": TicketSettings(url=desk.url, template="jira", values={"project": "SEC"}),
            },
        )
        # What was before the first look is not sent.
        story.slack.wait_for(lambda: story.kinds().count("delivered") >= 2, what="the first look of both")
        story.type(f"check {ADELE}")
        story.shown()
        ledger = story.bot.ledger
        story.slack.wait_for(lambda: "ticket_filed" in story.kinds(), what="the ticket")
        wanted = {entry.seq for entry in ledger.entries() if entry.kind != "delivered"}

        def sent() -> set[int]:
            return {json.loads(body)["data"]["seq"] for _, body in siem.got}

        story.slack.wait_for(lambda: max(sent(), default=0) >= max(wanted), what="every entry")
        assert min(sent()) <= min(entry.seq for entry in ledger.entries(kinds=("case_opened",)))
        assert set(range(min(sent()), max(sent()) + 1)) & wanted <= sent()
        [(_, body)] = desk.got
        assert ADELE in json.loads(body)["fields"]["summary"]
        assert story.slack.api_url.split("/api")[0].split("//")[1] in body.decode()
        story.stop()
        assert verify_ledger(story.settings.ledger).head.size >= max(wanted)
