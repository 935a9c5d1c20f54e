"""Pages of the recovery centre."""
