"""Tests of the local Microsoft 365 tenant, over real HTTP."""
