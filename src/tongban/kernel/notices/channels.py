"""Ways out of the house. Each is switched on by its address in the environment."""

import json
import urllib.request
from typing import Protocol

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from tongban.lib import outward

TIMEOUT = 10


class Channel(Protocol):
    """`send` raises on any failure; the caller retries."""

    def send(self, address: str, title: str, body: str) -> None: ...


class Mail:
    """SMTP."""

    def send(self, address: str, title: str, body: str) -> None:
        EmailMessage(title, body, to=[address], connection=get_connection(timeout=TIMEOUT)).send()


class Posted:
    """A JSON document to an HTTP gateway: the SMS provider's, or a department's own webhook."""

    def __init__(self, gateway: str) -> None:
        self.gateway = gateway

    def send(self, address: str, title: str, body: str) -> None:
        document = json.dumps({"to": address, "title": title, "body": body}, ensure_ascii=False).encode()
        request = urllib.request.Request(self.gateway, document, {"Content-Type": "application/json"})  # noqa: S310
        with outward.call(request, timeout=TIMEOUT) as answer:
            if answer.status >= 300:
                raise OSError(f"the gateway answered {answer.status}")


def channels() -> dict[str, Channel]:
    """The channels that are switched on."""
    found: dict[str, Channel] = {}
    if settings.EMAIL_HOST:
        found["mail"] = Mail()
    if settings.SMS_GATEWAY:
        found["sms"] = Posted(settings.SMS_GATEWAY)
    if settings.NOTICE_WEBHOOK:
        found["webhook"] = Posted(settings.NOTICE_WEBHOOK)
    return found
