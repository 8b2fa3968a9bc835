"""A large tenant in simulated time: hours of asking it within the limits take seconds."""
