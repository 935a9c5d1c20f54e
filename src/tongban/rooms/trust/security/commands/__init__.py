"""The security room's writers."""
