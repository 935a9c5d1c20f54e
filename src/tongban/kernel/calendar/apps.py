"""Working days."""

from tongban.kernel.identity.rules import ADMINISTRATOR
from tongban.lib import rooms
from tongban.lib.rooms import Permission
from django.utils.translation import gettext_lazy as _


class CalendarConfig(rooms.RoomConfig):
    name = "tongban.kernel.calendar"
    label = "calendar"
    verbose_name = "工作日历"
    permissions = {"calendar.edit": Permission(_("Enter holidays and make-up days"), (ADMINISTRATOR,))}
