"""What leaves for other systems: each entry of the ledger for a SIEM, and tickets for cases."""
