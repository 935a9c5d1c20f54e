"""Writing in the hall: by noun."""
