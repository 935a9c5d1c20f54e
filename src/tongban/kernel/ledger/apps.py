"""The record of acts, and the outbox."""

from tongban.kernel.identity.rules import ADMINISTRATOR, EVERYONE_LOGGED_IN, SUPERVISOR
from tongban.lib import acts, rooms
from tongban.lib.rooms import Permission
from django.utils.translation import gettext_lazy as _


class LedgerConfig(rooms.RoomConfig):
    name = "tongban.kernel.ledger"
    label = "ledger"
    verbose_name = "账本"
    permissions = {
        "ledger.read_any": Permission(_("Read the whole ledger"), (ADMINISTRATOR, SUPERVISOR)),
        "ledger.verify": Permission(_("Ask for proofs"), EVERYONE_LOGGED_IN),
    }

    def ready(self) -> None:
        super().ready()
        from tongban.kernel.ledger import commands  # noqa: PLC0415 - models exist only once the app is ready

        acts.plug_recorder(commands.append)
