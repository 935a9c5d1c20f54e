"""Pages of the base registries."""
