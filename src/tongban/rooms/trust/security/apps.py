"""安全中心: protection records, monitoring, warnings, defence (F2, F3, F4, F6)."""

from importlib import import_module

from django.utils.translation import gettext_lazy as _

from tongban.kernel.identity.rules import ADMINISTRATOR, AUDITOR, SECURITY_ADMINISTRATOR
from tongban.lib import rooms, watch
from tongban.lib.rooms import MenuEntry, Permission


class SecurityConfig(rooms.RoomConfig):
    name = "tongban.rooms.trust.security"
    label = "security"
    verbose_name = "安全中心"
    permissions = {
        "security.read": Permission(_("See the security centre"), (SECURITY_ADMINISTRATOR, AUDITOR)),
        "security.handle": Permission(_("Handle alerts, incidents, warnings and protection records"), (SECURITY_ADMINISTRATOR,)),
        "security.report": Permission(_("Report events of other systems"), (SECURITY_ADMINISTRATOR,)),
        "security.answer_warnings": Permission(_("Answer warnings to one's organ"), (SECURITY_ADMINISTRATOR, ADMINISTRATOR)),
    }
    menu = (
        MenuEntry(_("Security"), "security:posture", "security.read", 50),
        MenuEntry(_("Warnings received"), "security:warned", "security.answer_warnings", 52),
    )

    def ready(self) -> None:
        super().ready()
        watch.plug_keeper(import_module("tongban.rooms.trust.security.commands.intake").keep_noticed)  # its models exist only now
