"""Setting the bot up, and telling whether it is."""
