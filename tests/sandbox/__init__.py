"""Tests of the local tenant and workspace."""
