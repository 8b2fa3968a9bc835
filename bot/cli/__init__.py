"""The command line: what the verbs of `compromise` do and print."""
