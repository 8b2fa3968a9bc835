"""The verbs of `/compromise`: one file for each, all of the same shape, and `registry.VERBS` lists them.

A verb reads what was typed into a wish, says who may have it, does it, and shows what came of it. Buttons and
windows say the same words as people, so there is one way for all three. `Desk` takes a question through the
four, writes down how it ended, and tells it.
"""
