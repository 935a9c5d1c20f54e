"""An approved application for access becomes a line in the inventory."""

from tongban.kernel.cases import queries as cases
from tongban.kernel.identity.actor import system
from tongban.kernel.ledger.delivery import Delivered, handles
from tongban.lib.errors import NotFound
from tongban.rooms.base.networks import commands, rules

PLATFORM = system("通办·网络")


@handles("cases.case.granted")
def connect(event: Delivered) -> None:
    """Only applications for network access; a unit that nobody knows stays with the officer, who sees the case."""
    if not str(event.body.get("matter", "")).startswith(rules.MATTER):
        return
    one = cases.case(PLATFORM, event.body["case"])
    try:
        commands.connect_by_case(PLATFORM, case=one.number, data=one.data)
    except NotFound:
        return
