"""Sessions of browsers: begun, shown to their owner, ended."""

from django.contrib.sessions.models import Session
from django.utils.translation import gettext as _

from tongban.kernel.identity import events, rules
from tongban.kernel.identity.actor import Actor
from tongban.kernel.identity.models import Account, LoginSession
from tongban.lib import clock
from tongban.lib.acts import command, nothing_changed, record
from tongban.lib.errors import NotFound


@command("")
def begin_session(stranger: Actor, *, key: str, account: Account, way: str, agent: str) -> None:
    """Keep that a browser is logged in; the login itself is in the ledger already."""
    nothing_changed()
    LoginSession.objects.update_or_create(
        key=key, defaults={
            "account": account, "way": way, "level": rules.level_of(way), "origin": stranger.origin, "agent": agent[:200],
            "begun_at": clock.now(), "ended_at": None,
        },
    )  # fmt: skip


@command("")
def leave_session(actor: Actor, *, key: str) -> None:
    """The browser logged out."""
    nothing_changed()
    LoginSession.objects.filter(key=key, ended_at=None).update(ended_at=clock.now())


@command("identity.use_account")
def end_session(actor: Actor, *, session: int) -> str:
    """End another browser's session of one's own account, at once; gives its key."""
    found = LoginSession.objects.filter(id=session, account_id=actor.account, ended_at=None).first()
    if found is None:
        raise NotFound(_("This session has ended already. Reload the page."))
    _end([found])
    record(actor, events.AccountChanged(account=actor.account or 0, what="session-ended"))
    return found.key


@command("identity.use_account")
def end_other_sessions(actor: Actor, *, but: str) -> list[str]:
    """End all sessions of one's own account but this one; gives their keys."""
    found = list(LoginSession.objects.filter(account_id=actor.account, ended_at=None).exclude(key=but))
    _end(found)
    record(actor, events.AccountChanged(account=actor.account or 0, what="session-ended"))
    return [s.key for s in found]


def _end(sessions: list[LoginSession]) -> None:
    Session.objects.filter(session_key__in=[s.key for s in sessions]).delete()
    LoginSession.objects.filter(id__in=[s.id for s in sessions]).update(ended_at=clock.now())
