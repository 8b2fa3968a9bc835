"""What a plan is, as values: its changes and tasks, who may approve it, what undoes it. Nothing here acts."""
