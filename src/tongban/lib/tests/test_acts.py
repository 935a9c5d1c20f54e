"""Commands leave an entry or fail."""

import pytest

from tongban.kernel.identity.actor import STRANGER, system
from tongban.lib import acts, clock
from tongban.lib.errors import NotLoggedIn
from tongban.lib.scoped import UnscopedQuery


@pytest.mark.django_db
def test_a_command_that_leaves_no_entry_fails():
    @acts.command("")
    def silent(actor):
        return 1

    with pytest.raises(acts.SilentWrite):
        silent(system("test"))


@pytest.mark.django_db
def test_a_command_that_found_nothing_to_do_may_be_silent_when_it_says_so():
    @acts.command("")
    def idle(actor):
        acts.nothing_changed()
        return 2

    assert idle(system("test")) == 2


@pytest.mark.django_db
def test_a_command_of_one_statement_may_not_record_beside_it():
    from tongban.kernel.identity.events import AccountOpened

    @acts.command("", one_statement=True)
    def single(actor):
        acts.record(actor, AccountOpened(account=1))

    @acts.command("")
    def around(actor):
        single(actor)

    with pytest.raises(acts.SilentWrite):
        single(system("test"))
    around(system("test"))


@pytest.mark.django_db
def test_a_stranger_is_asked_to_log_in():
    @acts.command("cases.open")
    def guarded(actor):
        acts.nothing_changed()

    with pytest.raises(NotLoggedIn):
        guarded(STRANGER)


@pytest.mark.django_db
def test_unscoped_query_raises():
    from tongban.kernel.cases.models import Case

    with pytest.raises(UnscopedQuery):
        Case.objects.all()
    with pytest.raises(UnscopedQuery):
        Case.objects.unscoped("")


def test_the_clock_can_be_passed_in():
    from datetime import datetime

    with clock.at(datetime(2024, 9, 25, 10, tzinfo=clock.CHINA)):
        assert clock.today().isoformat() == "2024-09-25"
    assert clock.today().year >= 2026
