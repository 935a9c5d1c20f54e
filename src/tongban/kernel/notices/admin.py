"""Failing deliveries are seen here."""

from django.contrib import admin

from tongban.kernel.notices.models import Delivery, Template
from tongban.lib.readonly import ReadOnlyAdmin


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    list_display = ("notice", "channel", "state", "tries", "next_try", "error")
    list_filter = ("state", "channel")


@admin.register(Template)
class TemplateAdmin(ReadOnlyAdmin):
    list_display = ("key", "title")
