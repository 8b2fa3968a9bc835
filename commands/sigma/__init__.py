"""Sigma rules that somebody brings along, run over the same records that the symptoms look at.

`reading.load` reads a folder of them. pySigma turns each into SQL over columns that `mapping.toml` fills
from our records (`rows`), and `running.Matcher` runs them in SQLite. What they match is an additional
indicator without weight, unless the folder's ``weights.toml`` gives it one (`results`). A rule that cannot be
run is named with the reason.

Rules are code of somebody else's: files, nesting, aliases, conditions, columns and steps are bounded, regular
expressions are RE2's, whose time grows with the text alone, and SQL is allowed to read the rows and nothing
else.

Only `shapes` is imported where nobody brings rules: pySigma alone takes a second.

Source: "Sigma Rules Specification" 2.1 (github.com/SigmaHQ/sigma-specification).
"""
