"""Identity photos: sealed files that records name."""

from tongban.kernel.files import queries as files
from tongban.kernel.identity.actor import system

PLATFORM = system("通办·基础库")


def content(file: str) -> bytes:
    """The picture's bytes. Callers hold the agreement or the purpose."""
    return files.content(files.file(PLATFORM, file, entitled=True))
