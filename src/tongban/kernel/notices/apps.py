"""Messages to people."""

from tongban.kernel.identity.rules import EVERYONE_LOGGED_IN
from tongban.lib import rooms
from tongban.lib.rooms import Permission
from django.utils.translation import gettext_lazy as _


class NoticesConfig(rooms.RoomConfig):
    name = "tongban.kernel.notices"
    label = "notices"
    verbose_name = "通知"
    permissions = {"notices.read_own": Permission(_("Read one's own messages"), EVERYONE_LOGGED_IN)}
