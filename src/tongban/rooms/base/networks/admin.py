"""Read-only."""

from django.contrib import admin

from tongban.lib.readonly import ReadOnlyAdmin
from tongban.rooms.base.networks.models import Connection, Goal


@admin.register(Connection)
class ConnectionAdmin(ReadOnlyAdmin):
    list_display = ("unit_name", "network", "bandwidth", "connected_on", "ended_on", "case_number")


@admin.register(Goal)
class GoalAdmin(ReadOnlyAdmin):
    list_display = ("level", "units", "share", "document", "verified")
