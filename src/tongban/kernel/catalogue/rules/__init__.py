"""Resources and access to them. Pure."""
