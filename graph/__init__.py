"""The edge to Microsoft 365: what is asked, how it is asked, and what the answers mean."""
