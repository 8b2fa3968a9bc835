"""Slack itself: its client, its channels and windows, and what it calls (`listeners`)."""
