"""Slack itself: its client, channels and windows, and the book of what was asked. It calls `listeners`."""
