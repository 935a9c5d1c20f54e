"""Nodes: joining them, writing to them, taking what they wrote."""

from tongban.kernel.nodes.commands.joining import end_node, invite_node, join_node
from tongban.kernel.nodes.commands.organs import own_organs, take_organs
from tongban.kernel.nodes.commands.sending import Attachment, announce, keep_receipt, node_key, note_heard, own_receipt, prune_posted, write_letter
from tongban.kernel.nodes.commands.taking import drop_held, retry_held, take_letter

__all__ = [
    "Attachment", "announce", "drop_held", "end_node", "invite_node", "join_node", "keep_receipt", "node_key", "note_heard", "own_organs", "own_receipt", "prune_posted", "retry_held",
    "take_letter", "take_organs", "write_letter",
]  # fmt: skip
