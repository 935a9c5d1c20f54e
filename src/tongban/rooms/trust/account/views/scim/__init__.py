"""SCIM 2.0 (RFC 7643, 7644): a department's personnel system keeps its officials' accounts and roles."""
