"""How fast Baton scores, beside SQL written by hand for the same agreement."""
