"""Processes, cases, work items, the statutory clock."""

from tongban.kernel.identity.rules import ADMINISTRATOR, CASE_ROLES, CITIZEN, MATTER_EDITOR, MATTER_PUBLISHER, SUPERVISOR
from tongban.lib import rooms
from tongban.lib.rooms import Permission
from django.utils.translation import gettext_lazy as _


class CasesConfig(rooms.RoomConfig):
    name = "tongban.kernel.cases"
    label = "cases"
    verbose_name = "办件与流程"
    permissions = {
        "cases.open": Permission(_("Submit an application"), (CITIZEN,)),
        "cases.withdraw": Permission(_("Withdraw one's own application"), (CITIZEN,)),
        "cases.handle": Permission(_("Handle work items of one's roles"), (CITIZEN, *CASE_ROLES)),
        "cases.read_organ": Permission(_("Read the cases of one's organ and region"), (*CASE_ROLES, SUPERVISOR)),
        "cases.edit_process": Permission(_("Draw processes"), (MATTER_EDITOR, ADMINISTRATOR)),
        "cases.publish_process": Permission(_("Publish processes"), (MATTER_PUBLISHER, ADMINISTRATOR)),
    }
