"""Published and recalled resources are told to other nodes."""

from tongban.kernel.catalogue.commands import elsewhere
from tongban.kernel.identity.actor import system
from tongban.kernel.ledger.delivery import Delivered, handles

PLATFORM = system("通办·节点")


@handles("catalogue.resource.moved")
def announce_resource(event: Delivered) -> None:
    """Only what changes the catalogue in force."""
    if event.body["move"] in ("publish", "recall"):
        elsewhere.announce_resource(PLATFORM, key=event.body["resource"])
