"""Who the people are: in Slack, in the settings, in Entra, and by their second factor."""
