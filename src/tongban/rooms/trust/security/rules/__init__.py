"""Pure decisions of the security room."""
