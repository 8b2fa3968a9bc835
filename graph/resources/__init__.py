"""What Microsoft 365 keeps, as values: one file an area, one class a resource type.

Values are parsed where they enter and trusted from there on. Names are Microsoft's own, in snake case; each
class says which resource type of Graph or cmdlet of Exchange it reads.
"""
