"""Installations that work together: who they are, letters between them."""

from django.utils.translation import gettext_lazy as _

from tongban.kernel.identity.rules import ADMINISTRATOR
from tongban.lib import rooms
from tongban.lib.rooms import Permission


class NodesConfig(rooms.RoomConfig):
    name = "tongban.kernel.nodes"
    label = "nodes"
    verbose_name = "节点互联"
    permissions = {
        "nodes.manage": Permission(_("Join nodes and end them"), (ADMINISTRATOR,)),
        "nodes.read": Permission(_("See nodes and their lines"), (ADMINISTRATOR,)),
    }
