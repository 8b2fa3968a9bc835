"""What happened, as values: in which order, by whom, what was seen and taken, and how surely."""
