"""Queries: master records and their history; conflicts, corrections, figures."""
