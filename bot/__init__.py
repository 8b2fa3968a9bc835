"""The edge to people: Slack and the command line, settings, jobs, and what is shown."""
