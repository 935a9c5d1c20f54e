"""账户: logging in and out, language, messages; grows into F5."""

from tongban.lib import rooms


class AccountConfig(rooms.RoomConfig):
    name = "tongban.rooms.trust.account"
    label = "account"
    verbose_name = "账户"
