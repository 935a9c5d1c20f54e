"""Pages of the hall: by noun."""
