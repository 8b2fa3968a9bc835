"""Checks: one account is looked at."""
