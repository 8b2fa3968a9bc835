"""What the bot can do. Knows no Slack and no HTTP: values in, values out."""
