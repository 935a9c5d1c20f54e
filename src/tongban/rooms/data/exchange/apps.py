"""共享交换: the catalogue's pages, agreements, exchange (C6 D1 D2 D5 B2)."""

from django.utils.translation import gettext_lazy as _

from tongban.kernel.identity.rules import ADMINISTRATOR, CATALOGUE_PUBLISHER, CATALOGUE_REVIEWER, DATA_STEWARD, SUPERVISOR
from tongban.lib import rooms
from tongban.lib.rooms import MenuEntry, Permission


class ExchangeConfig(rooms.RoomConfig):
    name = "tongban.rooms.data.exchange"
    label = "exchange"
    verbose_name = "共享交换"
    permissions = {
        "exchange.use": Permission(_("Work with shared data"), (DATA_STEWARD, CATALOGUE_REVIEWER, CATALOGUE_PUBLISHER, SUPERVISOR, ADMINISTRATOR)),
        "exchange.evaluate": Permission(_("Evaluate what departments share"), (CATALOGUE_REVIEWER, CATALOGUE_PUBLISHER)),
    }
    menu = (MenuEntry(_("Shared data"), "exchange:catalogue", "exchange.use", 40),)
