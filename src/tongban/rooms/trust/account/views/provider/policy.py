"""Where forms may lead: browsers hold a form's redirects to `form-action`, and a login may end at another system."""

from urllib.parse import parse_qs, urlsplit

from django.http import HttpResponse

from tongban.rooms.trust.account import queries
from tongban.ui.guard import POLICY


def lead_back(response: HttpResponse, onward: str) -> HttpResponse:
    """Let the page's forms end at the system that `onward`, an authorisation address of ours, belongs to; at no other."""
    parts = urlsplit(onward)
    asked = parse_qs(parts.query)
    client = queries.client_of(asked.get("client_id", [""])[0]) if parts.path == "/oauth/authorize" and not parts.netloc else None
    wanted = asked.get("redirect_uri", [""])[0]
    if client and wanted in client.redirect_uris:
        there = urlsplit(wanted)
        origin = f"{there.scheme}://{there.netloc}" if there.netloc else f"{there.scheme}:"
        response["Content-Security-Policy"] = POLICY.replace("form-action 'self'", f"form-action 'self' {origin}")
    return response
