"""What was begun and never became whole is swept away."""

from datetime import datetime

from tongban.kernel.files import commands
from tongban.kernel.files.models import LargeFile
from tongban.kernel.identity.actor import system
from tongban.lib.retention import purges

PLATFORM = system("通办·文件")


@purges("files.unfinished")
def drop_unfinished(before: datetime) -> int:
    """Uploads that nobody went on with, and packages that a power cut left half."""
    found = [str(f) for f in LargeFile.objects.filter(state=LargeFile.State.OPEN, created_at__lt=before).values_list("id", flat=True)]
    for file in found:
        commands.destroy_large(PLATFORM, file=file, words="unfinished")
    return len(found)
