"""Backups off the site: where they go, how they are sealed, which bytes of the write-ahead log belong where. No tables, no Django."""
