"""Documents: content-addressed, encrypted, checked."""

from tongban.kernel.identity.rules import ADMINISTRATOR, EVERYONE_LOGGED_IN, SECURITY_ADMINISTRATOR
from tongban.lib import rooms
from tongban.lib.rooms import Permission
from django.utils.translation import gettext_lazy as _


class FilesConfig(rooms.RoomConfig):
    name = "tongban.kernel.files"
    label = "files"
    verbose_name = "文件"
    permissions = {
        "files.upload": Permission(_("Upload files"), EVERYONE_LOGGED_IN),
        "files.manage_keys": Permission(_("Rotate the keys of stored documents"), (ADMINISTRATOR,)),
        "files.judge_quarantine": Permission(_("Judge files in quarantine"), (SECURITY_ADMINISTRATOR,)),
    }
