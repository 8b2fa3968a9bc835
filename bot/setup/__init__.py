"""Setting the bot up and its health: `compromise init`, `compromise doctor`, and the recorder of a tenant."""
