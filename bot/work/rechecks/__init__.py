"""Rechecks: whether a contained account stays so."""
