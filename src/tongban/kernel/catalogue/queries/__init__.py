"""Reading the catalogue, applications and agreements."""
