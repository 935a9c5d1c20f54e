"""灾备中心: protected systems, backups, drills (A6, F1)."""

from django.utils.translation import gettext_lazy as _

from tongban.kernel.identity.rules import ADMINISTRATOR, AUDITOR, SECURITY_ADMINISTRATOR, SUPERVISOR, SYSTEM
from tongban.lib import rooms
from tongban.lib.rooms import MenuEntry, Permission


class ContinuityConfig(rooms.RoomConfig):
    name = "tongban.rooms.base.continuity"
    label = "continuity"
    verbose_name = "灾备"
    permissions = {
        "continuity.read": Permission(_("See protected systems"), (ADMINISTRATOR, SECURITY_ADMINISTRATOR, AUDITOR, SUPERVISOR)),
        "continuity.manage": Permission(_("Register systems, plan and record drills"), (ADMINISTRATOR,)),
        "continuity.agree_destruction": Permission(_("Agree that keys of expired records be destroyed"), (SECURITY_ADMINISTRATOR,)),
        "continuity.run": Permission(_("Remove what is expired (the platform itself)"), (SYSTEM,)),
        "continuity.report": Permission(_("Report backups"), (ADMINISTRATOR,)),
    }
    menu = (MenuEntry(_("Recovery"), "continuity:board", "continuity.read", 60),)
