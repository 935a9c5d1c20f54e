"""网络: who is connected to what, special networks, addresses (B1, B3)."""

from django.utils.translation import gettext_lazy as _

from tongban.kernel.identity.rules import ADMINISTRATOR, AUDITOR, SECURITY_ADMINISTRATOR, SUPERVISOR
from tongban.lib import rooms
from tongban.lib.rooms import MenuEntry, Permission


class NetworksConfig(rooms.RoomConfig):
    name = "tongban.rooms.base.networks"
    label = "networks"
    verbose_name = "网络"
    permissions = {
        "networks.read": Permission(_("See the networks"), (ADMINISTRATOR, SECURITY_ADMINISTRATOR, AUDITOR, SUPERVISOR)),
        "networks.manage": Permission(_("Keep the inventory of networks"), (ADMINISTRATOR,)),
    }
    menu = (MenuEntry(_("Networks"), "networks:coverage", "networks.read", 55),)
