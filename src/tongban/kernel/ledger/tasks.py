"""Asking the witnesses to cosign the newest head."""

import urllib.error
import urllib.request

import structlog
from django.conf import settings

from tongban.lib import outward
from tongban.kernel.identity.actor import system
from tongban.kernel.ledger import commands
from tongban.lib.errors import TongbanError

log = structlog.get_logger(__name__)
PATIENCE = 5  # seconds for one answer
LONGEST = 4096
_seen: dict[str, int] = {}  # what each witness has seen; learnt again from its answer after a start


def ask_witnesses() -> int:
    """One round over the witnesses of TONGBAN_WITNESSES ("address#public key"); returns how many signed something new."""
    return sum(_ask(one) for one in settings.LEDGER_WITNESSES)


def _ask(witness: str) -> bool:
    address, _mark, public = witness.partition("#")
    for _attempt in (1, 2):
        size, told = commands.request_for(_seen.get(address, 0))
        if not size or _seen.get(address) == size:
            return False
        try:
            status, answer = _post(address, told)
            if status == 409:
                _seen[address] = int(answer)
                continue
            if status == 200:
                commands.keep_cosignature(system("witness"), size=size, line=answer, public=public)
                _seen[address] = size
                return True
        except (OSError, ValueError, TongbanError) as fault:
            status, answer = 0, repr(fault)
        log.warning("a witness did not sign", witness=address, status=status, answer=answer[:200])
        return False
    return False


def _post(address: str, told: str) -> tuple[int, str]:
    if not address.startswith(("http://", "https://")):
        raise ValueError("a witness's address begins with http:// or https://")
    asked = urllib.request.Request(address, data=told.encode(), headers={"Content-Type": "text/plain; charset=utf-8"})  # noqa: S310 - checked above
    try:
        with outward.call(asked, timeout=PATIENCE) as answer:
            return answer.status, answer.read(LONGEST).decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read(LONGEST).decode(errors="replace")
