"""The record of acts, and the outbox."""

from importlib import import_module

from tongban.kernel.identity.rules import AUDITOR, EVERYONE_LOGGED_IN, SUPERVISOR, SYSTEM
from tongban.lib import acts, rooms
from tongban.lib.rooms import Permission
from django.utils.translation import gettext_lazy as _


class LedgerConfig(rooms.RoomConfig):
    name = "tongban.kernel.ledger"
    label = "ledger"
    verbose_name = "账本"
    permissions = {
        "ledger.read_any": Permission(_("Read the whole ledger"), (AUDITOR, SUPERVISOR)),
        "ledger.verify": Permission(_("Ask for proofs"), EVERYONE_LOGGED_IN),
        "ledger.rotate_key": Permission(_("Introduce a new signing key"), (SYSTEM,)),
        "ledger.manage_witness": Permission(_("Choose which ledgers this node witnesses"), (SYSTEM,)),
    }

    def ready(self) -> None:
        super().ready()
        acts.plug_recorder(import_module("tongban.kernel.ledger.commands").append)  # models exist only now
