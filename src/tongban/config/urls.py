"""Addresses: each room brings its own."""

from django.contrib import admin
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from tongban.config.api import api
from tongban.ui.access import OPEN, allows


@allows(OPEN)
def health(request: HttpRequest) -> HttpResponse:
    """200 when the database answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok", content_type="text/plain")


urlpatterns = [
    path("health/", health, name="health"),
    path("api/", api.urls),
    path("admin/", admin.site.urls),
    path("account/", include("tongban.rooms.trust.account.urls")),
    path("continuity/", include("tongban.rooms.base.continuity.urls")),
    path("exchange/", include("tongban.rooms.data.exchange.urls")),
    path("registries/", include("tongban.rooms.data.registries.urls")),
    path("sdmx/rest/", include("tongban.rooms.data.registries.views.sdmx")),
    path("ogc/", include("tongban.rooms.data.registries.views.ogc")),
    path("networks/", include("tongban.rooms.base.networks.urls")),
    path("security/", include("tongban.rooms.trust.security.urls")),
    path("supervision/", include("tongban.rooms.service.supervision.urls")),
    path("scim/v2/", include("tongban.rooms.trust.account.views.scim.urls")),
    path("", include("tongban.rooms.trust.account.views.provider.urls")),
    path("", include("tongban.rooms.service.hall.urls")),
]
handler404 = "tongban.ui.refusals.page_missing"
handler500 = "tongban.ui.refusals.page_broken"
