"""Alerts in: polled from Microsoft, or sent by a SIEM through a signed webhook."""
