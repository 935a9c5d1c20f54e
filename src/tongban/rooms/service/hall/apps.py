"""政务服务: matters, hall, window, licences, ratings (C1 C2 C5)."""

from tongban.kernel.identity.rules import (
    ADMINISTRATOR,
    CASE_ROLES,
    CITIZEN,
    EVERYONE_LOGGED_IN,
    ISSUER,
    MATTER_EDITOR,
    MATTER_PUBLISHER,
    MATTER_REVIEWER,
    OFFICIALS,
    SUPERVISOR,
)
from tongban.lib import rooms
from tongban.lib.rooms import MenuEntry, Permission
from django.utils.translation import gettext_lazy as _


class HallConfig(rooms.RoomConfig):
    name = "tongban.rooms.service.hall"
    label = "hall"
    verbose_name = "政务服务"
    permissions = {
        "hall.apply": Permission(_("Apply for matters"), (CITIZEN,)),
        "hall.work": Permission(_("Work at the window"), CASE_ROLES),
        "hall.read_cases": Permission(_("Look up cases"), (*CASE_ROLES, SUPERVISOR)),
        "hall.edit_matter": Permission(_("Draft matters"), (MATTER_EDITOR,)),
        "hall.review_matter": Permission(_("Review matters"), (MATTER_REVIEWER,)),
        "hall.publish_matter": Permission(_("Publish, delegate and cancel matters"), (MATTER_PUBLISHER,)),
        "hall.read_matters": Permission(_("See drafts of matters"), (MATTER_EDITOR, MATTER_REVIEWER, MATTER_PUBLISHER)),
        "hall.change_licence": Permission(_("Suspend, revoke and change licences"), (ISSUER,)),
        "hall.rate": Permission(_("Rate a service"), EVERYONE_LOGGED_IN),
        "hall.rectify": Permission(_("Answer bad ratings"), CASE_ROLES),
        "hall.figures": Permission(_("See one's own figures"), OFFICIALS),
        "hall.load": Permission(_("Load matters in bulk"), (MATTER_EDITOR, ADMINISTRATOR)),
    }
    menu = (
        MenuEntry(_("Work list"), "hall:work", "hall.work", 10),
        MenuEntry(_("Cases"), "hall:case-list", "hall.read_cases", 20),
        MenuEntry(_("Matters"), "hall:matter-list", "hall.read_matters", 30),
        MenuEntry(_("Processes"), "hall:process-list", "cases.edit_process", 35),
        MenuEntry(_("Bad ratings"), "hall:rectification-list", "hall.rectify", 50),
        MenuEntry(_("My figures"), "hall:figures", "hall.work", 60),
    )
