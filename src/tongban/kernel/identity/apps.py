"""Who someone is and what they may do."""

from tongban.kernel.identity.rules import ADMINISTRATOR, AUDITOR, EVERYONE_LOGGED_IN, OFFICIALS, SECURITY_ADMINISTRATOR
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
        "identity.lend": Permission(_("Delegate one's roles, take one in an emergency"), OFFICIALS),
        "identity.review": Permission(_("Review roles and emergencies"), (SECURITY_ADMINISTRATOR,)),
        "identity.explain": Permission(_("See why someone may see what"), (SECURITY_ADMINISTRATOR, AUDITOR)),
    }
