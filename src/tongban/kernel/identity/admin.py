"""Read-only: who there is, with identity numbers masked. Accounts are kept on the accounts page, by commands."""

from django.contrib import admin

from tongban.kernel.identity.models import Account, Appointment, LegalPerson, Mandate
from tongban.lib.readonly import ReadOnlyAdmin


@admin.register(Account)
class AccountAdmin(ReadOnlyAdmin):
    list_display = ("username", "person", "is_active", "is_staff", "last_login", "failures")
    list_filter = ("is_active", "is_staff")
    search_fields = ("username", "person__name")
    exclude = ("password",)


@admin.register(Appointment)
class AppointmentAdmin(ReadOnlyAdmin):
    list_display = ("account", "organ", "role", "region_code", "begun_on", "ended_on")
    list_filter = ("role",)


@admin.register(LegalPerson)
class LegalPersonAdmin(ReadOnlyAdmin):
    list_display = ("name", "credit_code", "entity_type", "region_code", "synthetic")
    search_fields = ("name", "credit_code")


@admin.register(Mandate)
class MandateAdmin(ReadOnlyAdmin):
    list_display = ("person", "legal_person", "basis", "begun_on", "ended_on")
