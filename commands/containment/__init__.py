"""From the first plan to the last change: planned, proposed, approved, carried out, read back, and undone."""
