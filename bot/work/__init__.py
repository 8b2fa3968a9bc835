"""Durable work and who does it: the engine, what crosses between keeper and worker, and who is alive."""
