"""Who someone is and what they may do."""

from tongban.kernel.identity.rules import ADMINISTRATOR, EVERYONE_LOGGED_IN
from tongban.lib import rooms
from tongban.lib.rooms import Permission
from django.utils.translation import gettext_lazy as _


class IdentityConfig(rooms.RoomConfig):
    name = "tongban.kernel.identity"
    label = "identity"
    verbose_name = "身份与权限"
    permissions = {
        "identity.use_account": Permission(_("Use one's own account"), EVERYONE_LOGGED_IN),
        "identity.manage_accounts": Permission(_("Open and close officials' accounts"), (ADMINISTRATOR,)),
    }
