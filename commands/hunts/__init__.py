"""Beyond one account: who else was touched, and sweeps through a whole tenant."""
