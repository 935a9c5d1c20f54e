"""Addresses of the network inventory."""

from django.urls import path

from tongban.rooms.base.networks.views import addresses, coverage, special

app_name = "networks"
urlpatterns = [
    path("", coverage.coverage, name="coverage"),
    path("lines/", coverage.lines, name="lines"),
    path("load/", coverage.load, name="load"),
    path("special/", special.board, name="special"),
    path("special/<slug:system>/", special.one, name="special-network"),
    path("addresses/", addresses.addresses, name="addresses"),
]
