"""Addresses of the recovery centre."""

from django.urls import path

from tongban.rooms.base.continuity.views import board, retention, system

app_name = "continuity"
urlpatterns = [
    path("", board.board, name="board"),
    path("retention/", retention.retention, name="retention"),
    path("<slug:system>/", system.system, name="system"),
]
