"""代办: acting for someone who cannot do it alone, and leaving: the cancellation of an account."""

import secrets
from datetime import date, timedelta

from django.utils.translation import gettext as _

from tongban.kernel.identity import events, queries, rules
from tongban.kernel.identity.actor import Actor
from tongban.kernel.identity.commands import sessions
from tongban.kernel.identity.models import Account, ApiToken, Factor, Mandate, Person, Proxy
from tongban.lib import clock, codes
from tongban.lib.acts import command, record
from tongban.lib.errors import Conflict, Invalid, NotFound, Refused

AUTHORITY = "民法典第二十七条、第一百六十一条"


def _known(name: str, id_number: str) -> Person:
    """One answer for a wrong number and a wrong name: nobody learns from it who is registered."""
    found = Person.objects.of_number(id_number).filter(name=name.strip()).first()
    if found is None:
        raise Invalid.at("id_number", _("Name and identity number: they do not fit together in the register."))
    return found


@command("identity.use_account")
def give_proxy(actor: Actor, *, name: str, id_number: str, ended_on: date) -> Proxy:
    """Let another person act for oneself, for at most a year: for the elderly and whoever wants help."""
    today = clock.today()
    if not today <= ended_on <= today + rules.LONGEST_MANDATE:
        raise Invalid.at("ended_on", _("Until: a day within one year from today."))
    helper = _known(name, id_number)
    if helper.id == actor.person or not Account.objects.filter(person=helper, is_active=True).exists():
        raise Invalid.at("id_number", _("Name and identity number: no account fits both. The person opens an account first."))
    if Proxy.objects.filter(person_id=actor.person, helper=helper, state="active", ended_on__gte=today).exists():
        raise Conflict(_("This person acts for you already."))
    made = Proxy.objects.create(
        person_id=actor.person, helper=helper, kind="given", basis="本人授权", begun_on=today, ended_on=ended_on, state="active", asked_at=clock.now()
    )
    record(actor, events.ProxyChanged(proxy=made.id, person=made.person_id, helper=helper.id, change="given"), authority=AUTHORITY)
    return made


@command("identity.use_account")
def ask_for_minor(actor: Actor, *, name: str, id_number: str, basis: str) -> Proxy:
    """A guardian asks to act for a minor; an administrator of the minor's region checks and decides. It ends with the eighteenth birthday."""
    if basis not in rules.GUARDIANS:
        raise Invalid.at("basis", _("Relation: choose one of the list."))
    fault = codes.resident_id_fault(id_number.strip().upper(), today=clock.today())
    if fault:
        raise Invalid.at("id_number", _("Identity number: it is not a sound one."))
    grown = rules.eighteenth_birthday(id_number.strip().upper())
    if grown <= clock.today():
        raise Invalid.at("id_number", _("This person is of age: let the person give you a proxy from the own account."))
    child = _known(name, id_number)
    if Proxy.objects.filter(person=child, helper_id=actor.person, state__in=["asked", "active"]).exists():
        raise Conflict(_("You asked for this child already."))
    made = Proxy.objects.create(
        person=child,
        helper_id=actor.person,
        kind="minor",
        basis=basis,
        begun_on=clock.today(),
        ended_on=grown - timedelta(days=1),
        state="asked",
        asked_at=clock.now(),
    )
    record(actor, events.ProxyChanged(proxy=made.id, person=child.id, helper=actor.person or 0, change="asked"), authority=AUTHORITY)
    return made


@command("identity.manage_accounts")
def decide_proxy(actor: Actor, *, proxy: int, good: bool, words: str = "") -> Proxy:
    """Approve or refuse what a guardian asked, having seen the papers."""
    held = queries.asked_proxies(actor).select_for_update(of=("self",)).filter(id=proxy).first()
    if held is None:
        raise Conflict(_("This was decided already. Reload the page."))
    if held.helper_id == actor.person:
        raise Refused(_("Nobody decides on the own request; ask another administrator."))
    if not good and len(words.strip()) < 2:
        raise Invalid.at("words", _("Opinion: write the reason; the applicant must be told it."))
    held.state, held.decided_by, held.words = "active" if good else "refused", actor.name, words.strip()[:200]
    held.save()
    record(actor, events.ProxyChanged(proxy=held.id, person=held.person_id, helper=held.helper_id, change=held.state), authority=AUTHORITY)
    return held


@command("identity.use_account")
def end_proxy(actor: Actor, *, proxy: int) -> Proxy:
    """Either of the two ends it; what was done under it stays done."""
    held = Proxy.objects.select_for_update().filter(id=proxy, state="active").first()
    if held is None or actor.person not in (held.person_id, held.helper_id):
        raise NotFound(_("There is no such relation."))
    held.state = "ended"
    held.save(update_fields=["state"])
    record(actor, events.ProxyChanged(proxy=held.id, person=held.person_id, helper=held.helper_id, change="ended"), authority=AUTHORITY)
    return held


@command("identity.use_account")
def cancel_account(actor: Actor, *, open_cases: int) -> list[str]:
    """注销: erase how one is reached and how one logs in; keep what the law keeps. Returns the session keys that ended.

    `open_cases`: applications still under way, counted by the caller. Raises Conflict naming what must be finished first.
    """
    account = Account.objects.select_for_update().get(id=actor.account)
    blocks = rules.cancellation_blocks(
        open_cases=open_cases, posts=len(queries.own_posts(actor)),
        represented=Mandate.objects.filter(queries.on_duty(clock.today()), person_id=actor.person, basis=rules.REPRESENTATIVE).count(),
    )  # fmt: skip
    if blocks:
        raise Conflict("".join(_block_sentence(b) for b in blocks))
    ended = sessions.end_other_sessions(actor, but="")
    Factor.objects.filter(account=account).delete()
    ApiToken.objects.filter(account=account).delete()
    Mandate.objects.filter(queries.on_duty(clock.today()), person_id=actor.person, basis=rules.AGENT).update(ended_on=clock.today() - timedelta(days=1))
    Proxy.objects.filter(state__in=["asked", "active"], person_id=actor.person).update(state="ended")
    Proxy.objects.filter(state__in=["asked", "active"], helper_id=actor.person).update(state="ended")
    Person.objects.filter(id=actor.person).update(mobile=None, address=None)
    account.username, account.email, account.password, account.is_active = f"cancelled-{account.id}-{secrets.token_hex(3)}", "", "!", False
    account.demo_order = None
    account.save()
    record(actor, events.AccountChanged(account=account.id, what="cancelled"), authority="个人信息保护法第四十七条")
    return ended


def _block_sentence(block: str) -> str:
    return {
        "cases": _("Applications are still under way: withdraw them or wait for their end."),
        "posts": _("You hold official posts: your administrator ends them first."),
        "represented": _("You represent an enterprise: change its representative first."),
    }[block]
