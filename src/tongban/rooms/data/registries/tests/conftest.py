"""A small province of synthetic persons."""

import pytest
from django.conf import settings

from tongban.config import province
from tongban.kernel.identity.actor import system
from tongban.rooms.data.registries import seed

PLATFORM = system("测试")


@pytest.fixture
def people():
    seed.load_synthetic(settings.DATASETS / "registries", 300)


@pytest.fixture
def known():
    """The demo's personas in the registries."""
    seed.load_known(PLATFORM, *province.known())
