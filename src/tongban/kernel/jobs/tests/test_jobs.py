"""Jobs: enqueued with what caused them, once by key; seen when late or failed, and retried."""

from datetime import timedelta

import pytest
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from django.db import connection, transaction

from tongban.kernel.jobs import queue
from tongban.lib import clock

pytestmark = pytest.mark.django_db


def jobs(name="hall.make_licence"):
    return ProcrastinateJob.objects.filter(task_name=name, args__case_number="JN-test")


def set_state(job, state, scheduled=None):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = %s, scheduled_at = %s WHERE id = %s", [state, scheduled, job])


def test_a_job_is_lost_together_with_what_caused_it():
    class Undo(Exception):
        pass

    def cause():
        with transaction.atomic():
            queue.defer("hall.make_licence", case_number="JN-test")
            raise Undo

    with pytest.raises(Undo):
        cause()
    assert not jobs().exists()


def test_the_same_key_waits_once():
    with transaction.atomic():
        for _time in range(2):
            queue.defer("hall.make_licence", key="licence:JN-test", case_number="JN-test")
        assert jobs().count() == 1  # and the transaction goes on


def test_every_schedule_belongs_to_a_task_and_is_a_cron_line():
    app.perform_import_paths()
    assert {"notices.deliver", "continuity.retain", "hall.default_ratings"} <= set(queue.SCHEDULES)
    for name, cron in queue.SCHEDULES.items():
        assert name in app.tasks
        assert len(cron.split()) == 5


def test_a_scheduled_task_takes_the_timestamp_that_it_is_given():
    ran = []

    def work():
        ran.append(1)

    queue._without_timestamp(work)(timestamp=1)
    assert ran == [1]


class TestPage:
    PATH = "/admin/procrastinate/procrastinatejob/"

    def test_shows_what_is_late(self, as_persona):
        queue.defer("hall.make_licence", case_number="JN-test")
        job = jobs().get()
        admin = as_persona("chen")
        set_state(job.id, "todo", clock.now() - timedelta(minutes=20))
        assert "JN-test" in admin.get(self.PATH, {"late": "yes"}).content.decode()
        set_state(job.id, "todo", clock.now() + timedelta(hours=1))
        assert "JN-test" not in admin.get(self.PATH, {"late": "yes"}).content.decode()

    def test_a_failed_job_runs_again_when_it_is_told_to(self, as_persona):
        queue.defer("hall.make_licence", case_number="JN-test")
        job = jobs().get()
        set_state(job.id, "failed")
        page = as_persona("chen").post(self.PATH, {"action": "retry", "_selected_action": [job.id]}, follow=True)
        assert page.status_code == 200
        assert jobs().get().status == "todo"

    def test_one_whose_twin_waits_already_stays_failed(self, as_persona):
        queue.defer("hall.make_licence", key="twin", case_number="JN-test")
        job = jobs().get()
        set_state(job.id, "failed")
        queue.defer("hall.make_licence", key="twin", case_number="JN-test")
        page = as_persona("chen").post(self.PATH, {"action": "retry", "_selected_action": [job.id]}, follow=True)
        assert page.status_code == 200
        assert sorted(jobs().values_list("status", flat=True)) == ["failed", "todo"]

    def test_nothing_is_added_or_deleted_by_hand(self, as_persona):
        admin = as_persona("chen")
        assert admin.get(self.PATH + "add/").status_code == 403
