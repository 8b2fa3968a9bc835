"""Checks are made in a process of its own, so that none holds up what people ask meanwhile."""
