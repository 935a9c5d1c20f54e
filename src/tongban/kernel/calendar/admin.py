"""Days are edited here, by command."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from tongban.kernel.calendar import commands
from tongban.kernel.calendar.models import SpecialDay, Year
from tongban.kernel.identity import queries as identity
from tongban.lib.readonly import ReadOnlyAdmin


@admin.register(Year)
class YearAdmin(ReadOnlyAdmin):
    list_display = ("year", "source")


@admin.register(SpecialDay)
class SpecialDayAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("day", "works", "name", "region_code")
    list_filter = ("works",)
    date_hierarchy = "day"

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        actor = identity.actor_of_account(request.user.pk or 0)
        commands.set_day(actor, day=obj.day, works=obj.works, name=obj.name, region=obj.region_code)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
