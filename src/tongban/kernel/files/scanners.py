"""Looking for malware: ClamAV over its socket, or a null scanner that says that it is one."""

import socket
import struct
from typing import Protocol

from django.conf import settings
from django.utils.translation import gettext as _

from tongban.lib.errors import Invalid, Unavailable


class Malware(Invalid):
    """The scanner knows this content; `signature` is its name for it."""

    def __init__(self, signature: str) -> None:
        super().__init__(_("The file carries malware and was not kept."), code="malware")
        self.signature = signature


class Scanner(Protocol):
    """Raises Malware, Unavailable when it cannot tell; `name` is kept with the document."""

    name: str

    def scan(self, content: bytes) -> None: ...


class NullScanner:
    """Scans nothing."""

    name = "none (no scanner configured)"

    def scan(self, content: bytes) -> None:
        return


class ClamAV:
    """The INSTREAM command of clamd, over a unix socket."""

    name = "clamav"

    def __init__(self, address: str) -> None:
        self.address = address

    def scan(self, content: bytes) -> None:
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as peer:
                peer.settimeout(30)
                peer.connect(self.address)
                peer.sendall(b"zINSTREAM\0")
                for start in range(0, len(content), 65536):
                    chunk = content[start : start + 65536]
                    peer.sendall(struct.pack(">I", len(chunk)) + chunk)
                peer.sendall(struct.pack(">I", 0))
                answer = peer.recv(4096).rstrip(b"\0").decode(errors="replace")
        except OSError as fault:
            raise Unavailable(_("The virus scanner does not answer; nothing was kept. Try again in a few minutes.")) from fault
        if "FOUND" in answer:
            raise Malware(answer.removeprefix("stream: ").removesuffix(" FOUND")[:120])
        if not answer.endswith("OK"):
            raise Unavailable(_("The virus scanner could not check the file; nothing was kept."))


def scanner() -> Scanner:
    """The configured scanner."""
    return ClamAV(settings.CLAMAV_SOCKET) if settings.CLAMAV_SOCKET else NullScanner()
