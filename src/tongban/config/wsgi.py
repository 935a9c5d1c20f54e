"""The web process. Imported in each of Granian's workers."""

import gc
import os
import signal
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from tongban.config.embedded import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tongban.config.settings")
if os.environ.get("TONGBAN_ADDRESS"):  # set for what the group starts
    # A worker whose Granian was killed would keep the port, and nothing could start there again.
    die_with_parent(signal.SIGKILL)()
    if os.getppid() == 1:  # it was killed before this line
        os._exit(1)
application = get_wsgi_application()
import_module(settings.ROOT_URLCONF)  # else each worker's first reader waits four seconds for every room's pages to load
import_module("tongban.lib.text").words("通办")  # the dictionaries of the first search
gc.collect()
gc.freeze()  # a full collection of what was loaded takes a quarter of a second, in which no reader is answered
