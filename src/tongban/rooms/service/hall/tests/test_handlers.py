"""What the hall does when something has happened to a case."""

from procrastinate.contrib.django.models import ProcrastinateJob

from tongban.kernel.ledger import delivery
from tongban.kernel.notices.models import Notice
from tongban.rooms.service.hall.tests.test_commands import granted


def test_handlers_tell_the_applicant_and_order_the_licence(committed):
    """On committed rows, as the worker sees them."""
    number = granted()
    delivery.settle()
    keys = set(Notice.objects.filter(subject=f"case:{number}").values_list("key", flat=True))
    assert {"submitted", "accepted", "granted"} <= keys
    assert ProcrastinateJob.objects.filter(task_name="hall.make_licence", args__case_number=number).count() == 1
    delivery.settle()
    assert Notice.objects.filter(subject=f"case:{number}", key="granted").count() == 1
