"""Broken and hostile files for every reader of `compromise analyze`; `make fuzz` runs them."""
