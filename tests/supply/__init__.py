"""What the bot is made of, what is known to be wrong with it, and whether a secret lies in the repository."""
