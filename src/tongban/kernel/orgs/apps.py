"""Organs and regions, with their history."""

from tongban.lib import rooms


class OrgsConfig(rooms.RoomConfig):
    name = "tongban.kernel.orgs"
    label = "orgs"
    verbose_name = "机构与行政区划"
