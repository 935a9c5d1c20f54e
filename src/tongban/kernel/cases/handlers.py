"""A case that was handed in at another node: whatever happens to it is told there."""

from tongban.kernel.cases import commands, events, queries
from tongban.kernel.identity.actor import system
from tongban.kernel.ledger.delivery import Delivered, handles

PLATFORM = system("通办·节点")
TOLD = (events.CaseSubmitted.tag, events.StepTaken.tag, *dict.fromkeys(e.tag for e in events.MOVED.values()))


@handles(*TOLD)
def tell_filer(event: Delivered) -> None:
    """How it stands after each event, in their order."""
    if queries.filed_at(event.body["case"]):
        commands.tell_filer(PLATFORM, number=event.body["case"], tag=event.tag, told=event.body)
