"""The OpenID Provider's endpoints: the protocol by Authlib, the decisions by our commands."""
