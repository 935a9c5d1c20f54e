"""Over the API: tokens and one's own account; the ledger as a transparency log."""

from tongban.rooms.trust.account.api.accounts import router
from tongban.rooms.trust.account.api.log import router as log

__all__ = ["log", "router"]
