"""Looking again after containment: when, and whether something was opened anew."""
