"""Durable work and who does it.

`jobs` begins it and takes it up again, `worker` is a process that does it for the keeper. `checks`, `hunts`
and `rechecks` have the same four files: `task` (what crosses between keeper and worker), `maker` (makes it,
wherever that is), `keeper` (writes down and shows what came of it), `start` (begins it, and begins it again).
`plans` carries out what was approved. What the three have in common when they cross is in `crossing`, and
what they have in common in the engine in `engine`.
"""
