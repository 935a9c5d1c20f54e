"""What becomes late is told to the administrators of its region and to those above them."""

from tongban.kernel.identity import queries as identity
from tongban.kernel.identity.actor import system
from tongban.kernel.identity.rules import ADMINISTRATOR
from tongban.kernel.ledger.delivery import Delivered, handles
from tongban.kernel.notices import commands as notices
from tongban.rooms.base.continuity import queries, rules

PLATFORM = system("通办·灾备")


@handles("continuity.lateness.told")
def tell(event: Delivered) -> None:
    """One notice for each new lateness."""
    one = queries.system(PLATFORM, event.body["system"])
    values: dict[str, object] = {"system": one.name, "what": rules.WORDS[event.body["what"]]}
    accounts = identity.holding(ADMINISTRATOR, one.region_code)
    notices.send(PLATFORM, accounts=accounts, key="continuity-late", subject=event.subject, values=values, link=f"/continuity/{one.key}/", cause=event.id)
