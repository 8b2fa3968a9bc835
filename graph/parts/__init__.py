"""What several queries share: reading values, mail, audit searches and role groups."""
