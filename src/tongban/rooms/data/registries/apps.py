"""基础信息资源库: master records of persons and legal persons, conflicts, corrections (D3 D4)."""

from django.utils.translation import gettext_lazy as _

from tongban.kernel.identity.rules import ADMINISTRATOR, CLERK, DATA_STEWARD, EXAMINER, SUPERVISOR
from tongban.lib import rooms
from tongban.lib.rooms import MenuEntry, Permission


class RegistriesConfig(rooms.RoomConfig):
    name = "tongban.rooms.data.registries"
    label = "registries"
    verbose_name = "基础信息资源库"
    permissions = {
        "registries.use": Permission(_("Search the base registries"), (DATA_STEWARD, SUPERVISOR, ADMINISTRATOR)),
        "registries.keep": Permission(_("Keep records of the own organ"), (DATA_STEWARD,)),
        "registries.decide": Permission(_("Decide conflicts and answer corrections"), (DATA_STEWARD,)),
        "registries.check": Permission(_("Look into findings of comparisons"), (DATA_STEWARD, CLERK, EXAMINER, SUPERVISOR)),
        "registries.compare": Permission(_("Run comparisons"), (DATA_STEWARD,)),
        "registries.link": Permission(_("Link files to the population register"), (DATA_STEWARD,)),
        "registries.watch": Permission(_("See all conflicts and corrections"), (SUPERVISOR, ADMINISTRATOR)),
    }
    menu = (
        MenuEntry(_("Base registries"), "registries:overview", "registries.use", 42),
        MenuEntry(_("Comparison findings"), "registries:findings", "registries.check", 43),
    )
