"""Calls to other systems: bounded in time, and never sent on to an address that nobody approved."""

import urllib.request
from typing import Any


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_told: Any) -> None:
        """No: a redirect is answered as the refusal it is."""


_OPENER = urllib.request.build_opener(_Stay)


def call(request: urllib.request.Request, *, timeout: float) -> Any:
    """The answer, to be used with `with`; raises urllib.error.HTTPError for redirects too, OSError when nobody answers."""
    return _OPENER.open(request, timeout=timeout)
