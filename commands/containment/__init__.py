"""From a plan to the last change: proposed, approved, carried out once, read back, and told."""
