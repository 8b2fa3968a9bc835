"""Makes `python -m bot` the `compromise` command."""

from __future__ import annotations

from bot.cli.command import main

if __name__ == "__main__":
    main()
