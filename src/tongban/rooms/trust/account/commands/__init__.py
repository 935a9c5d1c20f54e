"""Clients, consents, codes and tokens of the OpenID Provider."""
