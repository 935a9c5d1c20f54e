"""账户: logging in and out, language, messages; grows into F5."""

from django.utils.translation import gettext_lazy as _

from tongban.lib import rooms
from tongban.lib.rooms import MenuEntry


class AccountConfig(rooms.RoomConfig):
    name = "tongban.rooms.trust.account"
    label = "account"
    verbose_name = "账户"
    menu = (
        MenuEntry(_("Accounts"), "account:people", "identity.manage_accounts", 90),
        MenuEntry(_("Accountability"), "account:acts", "ledger.read_any", 80),
    )
