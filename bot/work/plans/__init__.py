"""Plans: what was approved is carried out."""
