"""Laying and lifting honey records."""

from django.utils.translation import gettext as _

from tongban.kernel.identity.actor import Actor
from tongban.lib import clock
from tongban.lib.acts import command, record
from tongban.lib.errors import Conflict, Invalid
from tongban.rooms.trust.security import events, queries
from tongban.rooms.trust.security.models import HoneyRecord

KINDS = {"subject": "档案（账本对象）", "login": "登录名", "path": "网址路径"}


@command("security.handle")
def lay_honey(actor: Actor, *, kind: str, value: str, words: str = "") -> HoneyRecord:
    """Mark a thing that nobody has a reason to touch; touching it raises an alert at once."""
    value = value.strip()
    if kind not in KINDS or not value or (kind == "path" and not value.startswith("/")):
        raise Invalid.at("value", _("Value: a path begins with /, a subject reads like person:123."))
    if (kind, value) in queries.honey():
        raise Conflict(_("It lies there already."))
    made = HoneyRecord.objects.create(kind=kind, value=value[:120], words=words.strip()[:120], laid_at=clock.now(), laid_by=actor.name)
    record(actor, events.HoneyLaid(honey=made.id, what="laid"))
    return made


@command("security.handle")
def lift_honey(actor: Actor, *, honey: int) -> HoneyRecord:
    """Take one up again."""
    held = next((h for h in queries.honey_records(actor) if h.id == honey), None)
    if held is None:
        raise Conflict(_("It was lifted already."))
    held.lifted_at = clock.now()
    held.save(update_fields=["lifted_at"])
    record(actor, events.HoneyLaid(honey=held.id, what="lifted"))
    return held
