"""The engine: which work was begun, who is alive, and what is taken over from those who are gone."""
