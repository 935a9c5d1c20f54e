"""Drafting and publishing resources, applying and granting, signing, fetching."""
