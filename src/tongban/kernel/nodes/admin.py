"""Read-only."""

from django.contrib import admin

from tongban.kernel.nodes.models import Node
from tongban.lib.readonly import ReadOnlyAdmin


@admin.register(Node)
class NodeAdmin(ReadOnlyAdmin):
    list_display = ("code", "name", "place", "state", "via", "sent", "taken", "heard_at")
