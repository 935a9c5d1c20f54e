"""One loaded province for all tests: regions, organs, matters, personas. Built once a session, outside any transaction."""

import os
import shutil
from pathlib import Path

import pytest

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright's sync API keeps a loop in the thread of the tests


def pytest_collection_modifyitems(items):
    """Files that commit rows, or play with a whole installation, come after those that leave the database as it was.

    Three installations at once come first, beside tests of rows: beside the drills they would take the time that those are measured by.
    """
    leaving = {item.path for item in items if {"committed", "site", "installation"} & set(getattr(item, "fixturenames", ()))}
    items.sort(key=lambda item: 0 if "net" in getattr(item, "fixturenames", ()) else 1 + (item.path in leaving))


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment, django_db_blocker, django_db_modify_db_settings):
    """The tables, then the data that ships, once for each worker; thrown away with the server that `tongban test` started."""
    from django.test.utils import setup_databases

    with django_db_blocker.unblock():
        setup_databases(verbosity=0, interactive=False, keepdb=True, aliases={"default"})
        _load()


def _load():
    from django.conf import settings

    from tongban.config import loading
    from tongban.kernel.identity import queries as identity

    if not identity.personas().exists():  # else kept from an earlier run
        loading.load_base(settings.DATASETS)


@pytest.fixture(autouse=True)
def _fresh():
    """Caches that hold rows must not outlive the rows of one test."""
    from tongban.kernel.calendar import queries as calendar
    from tongban.kernel.cases import queries as cases
    from tongban.kernel.nodes import queries as nodes
    from tongban.rooms.service.hall.queries import matters, search

    kept = (calendar, cases, nodes, matters, search)
    for one in kept:
        one.forget()
    yield
    for one in kept:
        one.forget()


@pytest.fixture(autouse=True)
def _chinese_first(settings):
    """A page asked for in English leaves its language in the thread; the next test starts as a reader does."""
    from django.utils import translation

    translation.activate(settings.LANGUAGE_CODE)


@pytest.fixture(autouse=True)
def _unhurried(settings):
    """Tests ask faster than people do; those about limits switch them on."""
    settings.RATE_LIMITS = False


@pytest.fixture
def own_data(settings, tmp_path):
    """A data folder of the test's own, with the keys that the loaded province is sealed under."""
    shutil.copytree(Path(settings.DATA_DIR) / "keys", tmp_path / "keys")
    settings.DATA_DIR = tmp_path
    return tmp_path


@pytest.fixture
def demo_off(settings):
    settings.DEMO = False


@pytest.fixture(autouse=True)
def _same_day():
    """Tests run on one day, whatever the day is; processes that tests start have the real one."""
    from tongban.lib import clock

    with clock.at(clock.datetime(2026, 11, 24, 10, tzinfo=clock.CHINA)):
        yield


@pytest.fixture
def as_persona(client):
    """A test client logged in as a persona a moment ago; acting for its first enterprise when asked."""
    from tongban.kernel.identity import queries as identity
    from tongban.lib import clock

    def enter(username, *, enterprise=False):
        account = identity.account_named(username)
        client.force_login(account)
        session = client.session
        session["level"], session["proved_at"] = 2, clock.now().timestamp()
        if enterprise:
            session["legal_person"] = identity.mandates(identity.actor_of_account(account.id))[0].id
        session.save()
        return client

    return enter


@pytest.fixture
def committed(django_db_setup, django_db_blocker):
    """The database without a transaction around the test, for what other processes must see. What it writes stays."""
    with django_db_blocker.unblock():
        yield
