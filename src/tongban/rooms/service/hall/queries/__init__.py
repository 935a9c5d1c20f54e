"""Reading the hall: by noun."""
