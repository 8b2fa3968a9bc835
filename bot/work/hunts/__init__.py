"""Hunts: a whole tenant is looked through."""
