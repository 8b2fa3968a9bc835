"""What several symptoms read the same way: who did it, what a rule does, what a text is about, and where.

Pure, like the symptoms themselves. A file here is no symptom and yields no findings on its own.
"""
