"""What starts in every process carries no package that only some need; a late one behaves as if it had been imported."""

import os
import subprocess
import sys

import pytest

from tongban.lib.late import late

HEAVY = {"scim2_models", "sqlalchemy", "pypinyin", "rjieba", "adbc_driver_postgresql", "openpyxl"}


def test_a_process_begins_without_the_packages_that_few_need():
    told = "import django, sys; django.setup(); import tongban.config.urls; print(*{m.partition('.')[0] for m in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", told], capture_output=True, text=True, check=True, env={**os.environ, "DJANGO_SETTINGS_MODULE": "tongban.config.settings"}
    )
    loaded = set(done.stdout.split())
    assert {"django", "ninja"} <= loaded
    assert not HEAVY & loaded


def test_what_is_asked_for_is_the_modules_own():
    import json
    import urllib.parse

    held = late("json")
    assert held.loads is json.loads
    assert late("urllib.parse").quote is urllib.parse.quote
    assert held.loads is json.loads


def test_tools_that_look_at_modules_load_nothing():
    assert getattr(late("no.such.package"), "__wrapped__", None) is None


def test_a_missing_package_is_named_at_its_first_use():
    with pytest.raises(ModuleNotFoundError, match="no_such_package"):
        _ = late("no_such_package").anything
