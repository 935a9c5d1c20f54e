"""Pages of the catalogue, of applications and agreements."""
