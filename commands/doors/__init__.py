"""Ways in and out that an attacker left: which are open, which were closed, which only people close."""
