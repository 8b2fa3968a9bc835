"""Unified audit records: one normal form, and readers for every form they come in."""
