"""账户: logging in and out, language, messages; grows into F5."""

from django.utils.translation import gettext_lazy as _

from tongban.kernel.identity.rules import ADMINISTRATOR, APPROVER, SECURITY_ADMINISTRATOR
from tongban.lib import rooms
from tongban.lib.rooms import MenuEntry, Permission


class AccountConfig(rooms.RoomConfig):
    name = "tongban.rooms.trust.account"
    label = "account"
    verbose_name = "账户"
    permissions = {
        "account.request_client": Permission(_("Ask for systems to be connected"), (ADMINISTRATOR,)),
        "account.approve_client": Permission(_("Approve connected systems"), (SECURITY_ADMINISTRATOR,)),
        "account.answer_question": Permission(_("Answer why data were looked at"), (APPROVER, ADMINISTRATOR)),
        "account.see_clients": Permission(_("See connected systems"), (ADMINISTRATOR, SECURITY_ADMINISTRATOR)),
    }
    menu = (
        MenuEntry(_("Accounts"), "account:people", "identity.manage_accounts", 90),
        MenuEntry(_("Connected systems"), "account:clients", "account.see_clients", 85),
        MenuEntry(_("Questions of citizens"), "account:questions", "account.answer_question", 88),
        MenuEntry(_("Reviews"), "account:reviews", "identity.review", 82),
        MenuEntry(_("Why may she?"), "account:why", "identity.explain", 83),
        MenuEntry(_("Accountability"), "account:acts", "ledger.read_any", 80),
    )
