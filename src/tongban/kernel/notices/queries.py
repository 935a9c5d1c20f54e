"""One's own inbox."""

from django.db.models import QuerySet

from tongban.kernel.identity.actor import Actor
from tongban.kernel.notices.models import Notice


def inbox(actor: Actor) -> QuerySet[Notice]:
    """The actor's notices, latest first."""
    return Notice.objects.filter(account=actor.account).order_by("-id")


def unread(actor: Actor) -> int:
    return inbox(actor).filter(read_at=None).count() if actor.logged_in else 0
