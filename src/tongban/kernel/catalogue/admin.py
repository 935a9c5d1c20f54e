"""Read-only."""

from django.contrib import admin

from tongban.kernel.catalogue.models import Agreement, Limit, ResourceClass
from tongban.lib.readonly import ReadOnlyAdmin


@admin.register(ResourceClass)
class ResourceClassAdmin(ReadOnlyAdmin):
    list_display = ("code", "name", "kind", "document", "verified")
    list_filter = ("kind",)


@admin.register(Agreement)
class AgreementAdmin(ReadOnlyAdmin):
    list_display = ("number", "provider", "consumer", "state", "begins", "ends")


@admin.register(Limit)
class LimitAdmin(ReadOnlyAdmin):
    list_display = ("step", "days", "document", "effective_from", "effective_to", "verified")
