"""What each method of the Web API does, by family; `methods.toml` has the facts, `methods.py` the table."""
