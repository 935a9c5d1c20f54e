"""Commands: what organs say is kept, conflicts are decided, corrections are answered."""
