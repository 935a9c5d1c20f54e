"""Browser sessions that need be kept no longer."""

from datetime import datetime

from django.contrib.sessions.models import Session

from tongban.kernel.identity.models import LoginSession
from tongban.lib.retention import purges


@purges("identity.sessions")
def drop_sessions(before: datetime) -> int:
    """Ended ones, and those begun so long ago that they cannot be open."""
    return LoginSession.objects.filter(begun_at__lt=before).exclude(ended_at__gte=before).delete()[0]


@purges("identity.web-sessions")
def drop_web_sessions(before: datetime) -> int:
    return Session.objects.filter(expire_date__lt=before).delete()[0]
