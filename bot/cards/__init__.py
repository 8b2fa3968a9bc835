"""What the bot keeps up to date in Slack: cards of cases and proposals, the Home tab, checkpoints."""
