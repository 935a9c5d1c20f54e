"""Nightly work of the lines."""

from datetime import datetime

from tongban.kernel.nodes import commands
from tongban.lib.retention import purges


@purges("nodes.posted")
def drop_old_letters(before: datetime) -> int:
    """Letters that were receipted, and files that no letter needs."""
    return commands.prune_posted(before)
