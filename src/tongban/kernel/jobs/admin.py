"""What ran, is late, or failed; with a retry."""

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from procrastinate.contrib.django.models import ProcrastinateJob

from tongban.lib import clock
from tongban.lib.readonly import ReadOnlyAdmin

LATE = timedelta(minutes=5)

if admin.site.is_registered(ProcrastinateJob):
    admin.site.unregister(ProcrastinateJob)


class Late(admin.SimpleListFilter):
    """Jobs that should have begun five minutes ago and have not."""

    title = "是否延误"
    parameter_name = "late"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "延误")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() != "yes":
            return queryset
        before = clock.now() - LATE
        return queryset.filter(status="todo").exclude(scheduled_at__gt=before)


@admin.register(ProcrastinateJob)
class JobAdmin(ReadOnlyAdmin):
    list_display = ("id", "task_name", "status", "attempts", "scheduled_at", "args")
    list_filter = (Late, "status", "task_name")
    actions = ("retry",)

    @admin.action(description="重试失败的任务", permissions=["view"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Put failed jobs back into the queue; one whose twin waits already stays as it is."""
        ran = 0
        for job in queryset.filter(status="failed").values_list("id", flat=True):
            try:
                with transaction.atomic(), connection.cursor() as cursor:
                    cursor.execute("SELECT procrastinate_retry_job_v2(%s, now(), NULL, NULL, NULL)", [job])
                ran += 1
            except IntegrityError:
                continue
        messages.info(request, _("%(n)s jobs will run again.") % {"n": ran})
