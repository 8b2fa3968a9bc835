"""Reads when it is imported what a bot reads until its first check is done: words, tables, templates.

Imported before anything is forked. Each worker and each bot of a story would spend half a second of a
processor on it.
"""

from __future__ import annotations

from bot.artefacts import pages
from bot.messages.escape import defang
from bot.work.checks import maker

maker.ready()
defang("fabrikam.com")
for page in ("report.html", "report.css", "overview.html"):
    pages._pages().get_template(page)
