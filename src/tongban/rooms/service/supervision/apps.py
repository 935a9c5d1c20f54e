"""电子监察: every limit watched, every light answered (core of C3)."""

from tongban.kernel.identity.rules import CASE_ROLES, CATALOGUE_PUBLISHER, CATALOGUE_REVIEWER, DATA_STEWARD, SUPERVISOR
from tongban.lib import rooms
from tongban.lib.rooms import MenuEntry, Permission
from django.utils.translation import gettext_lazy as _


ANSWERING = (*CASE_ROLES, DATA_STEWARD, CATALOGUE_REVIEWER, CATALOGUE_PUBLISHER)


class SupervisionConfig(rooms.RoomConfig):
    name = "tongban.rooms.service.supervision"
    label = "supervision"
    verbose_name = "电子监察"
    permissions = {
        "supervision.read_board": Permission(_("Watch the board"), (SUPERVISOR,)),
        "supervision.urge": Permission(_("Urge an office"), (SUPERVISOR,)),
        "supervision.judge": Permission(_("Decide on appeals and close lights"), (SUPERVISOR,)),
        "supervision.answer": Permission(_("Answer and appeal lights of one's organ"), ANSWERING),
        "supervision.read_lights": Permission(_("See lights"), (SUPERVISOR, *ANSWERING)),
    }
    menu = (
        MenuEntry(_("Supervision"), "supervision:board", "supervision.read_board", 40),
        MenuEntry(_("Lights"), "supervision:light-list", "supervision.read_lights", 42),
        MenuEntry(_("Efficiency"), "supervision:efficiency", "supervision.read_board", 44),
    )
