"""信息资源目录: resources, applications, agreements (D1)."""

from django.utils.translation import gettext_lazy as _

from tongban.kernel.identity.rules import CATALOGUE_PUBLISHER, CATALOGUE_REVIEWER, DATA_STEWARD, OFFICIALS, SECURITY_ADMINISTRATOR, SUPERVISOR
from tongban.lib import rooms
from tongban.lib.rooms import Permission


class CatalogueConfig(rooms.RoomConfig):
    name = "tongban.kernel.catalogue"
    label = "catalogue"
    verbose_name = "信息资源目录"
    permissions = {
        "catalogue.search": Permission(_("Search the catalogue of resources"), OFFICIALS),
        "catalogue.edit": Permission(_("Draft resources of the own organ"), (DATA_STEWARD,)),
        "catalogue.register": Permission(_("Register resources"), (CATALOGUE_REVIEWER,)),
        "catalogue.publish": Permission(_("Publish resources"), (CATALOGUE_PUBLISHER,)),
        "catalogue.request": Permission(_("Apply for resources of others"), (DATA_STEWARD,)),
        "catalogue.grant": Permission(_("Answer applications for the own organ's resources"), (DATA_STEWARD,)),
        "catalogue.border": Permission(_("Decide what crosses from zone to zone"), (CATALOGUE_REVIEWER, CATALOGUE_PUBLISHER, SECURITY_ADMINISTRATOR)),
        "catalogue.watch": Permission(_("See every application and agreement"), (CATALOGUE_REVIEWER, CATALOGUE_PUBLISHER, SUPERVISOR)),
    }
