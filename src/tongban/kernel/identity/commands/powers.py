"""Roles for a while, emergencies, and the review of all roles."""

from datetime import date, datetime, time, timedelta

from django.utils.translation import gettext as _

from tongban.kernel.identity import events, queries, rules
from tongban.kernel.identity.actor import Actor
from tongban.kernel.identity.models import Account, Appointment, LentRole, Review, ReviewItem
from tongban.kernel.orgs import queries as orgs
from tongban.lib import clock
from tongban.lib.acts import command, nothing_changed, record
from tongban.lib.errors import Conflict, Invalid, Refused
from tongban.lib.terms import term


@command("identity.lend")
def delegate_role(actor: Actor, *, role: str, to: int, begun_on: date, ended_on: date, reason: str) -> LentRole:
    """委托: a colleague of one's own organ holds one's role too, for at most 90 days. What was lent is not lent on. Raises Invalid, Conflict."""
    post = next((p for p in queries.own_posts(actor) if p.role == role), None)
    begun, ends = (datetime.combine(d, time.min, clock.CHINA) for d in (begun_on, ended_on + timedelta(days=1)))
    fault = rules.delegation_fault(role, {role} if post else set(), begun, ends, clock.now())
    if fault or post is None:
        raise Invalid.at("role" if fault != "span" else "ended_on", _delegation_sentence(fault))
    if len(reason.strip()) < 2:
        raise Invalid.at("reason", _("Reason: say why, such as leave or travel."))
    if to not in dict(queries.colleagues(actor)):
        raise Invalid.at("to", _("Colleague: choose someone of your own organ."))
    _no_clash(role, to)
    made = LentRole.objects.create(
        account_id=to, organ=post.organ, role=role, region_code=post.region_code, clearance=post.clearance, kind="delegation", reason=reason.strip()[:300],
        given_by_id=actor.account, begun_at=begun, ends_at=ends,
    )  # fmt: skip
    record(actor, events.RoleLent(account=to, role=role, what="delegation", lent=made.id, reason=made.reason, until=ended_on.isoformat()))
    return made


def _delegation_sentence(fault: str) -> str:
    return {
        "role": _("Role: administrators' roles are not delegated."),
        "held": _("Role: delegate what you hold by appointment yourself."),
        "span": _("Days: from today on, 90 days at most."),
    }[fault or "held"]


def _no_clash(role: str, account: int) -> None:
    held = {p.role for p in queries.posts(Account.objects.get(id=account))} | {r.role for r in queries.lent_roles(account)}
    if role in held:
        raise Conflict(_("Your colleague holds this role already."))
    clash = rules.clashes(role, held)
    if clash:
        raise Conflict(
            _("Nobody holds both “%(one)s” and “%(other)s”. Appoint another person.") % {"one": term(rules.ROLES[role]), "other": term(rules.ROLES[clash])}
        )


@command("identity.lend")
def end_lent_role(actor: Actor, *, lent: int) -> LentRole:
    """Whoever gave a role or holds it for a while ends it early; a security administrator may end any of the own regions."""
    held = LentRole.objects.select_for_update().filter(id=lent, ended_at=None).first()
    if held is None:
        raise Conflict(_("It has ended already."))
    mine = actor.account in (held.given_by_id, held.account_id)
    if not mine and not (actor.may("identity.review") and actor.reaches(held.region_code)):
        raise Refused(_("Only whoever gave or holds this role may end it."))
    held.ended_at = clock.now()
    held.save(update_fields=["ended_at"])
    record(actor, events.RoleLent(account=held.account_id, role=held.role, what="ended", lent=held.id))
    return held


@command("identity.lend")
def break_glass(actor: Actor, *, role: str, reason: str, judged_by: date) -> LentRole:
    """紧急授权: a role of one's own organ for one hour, at once, told at once, judged by a security administrator until `judged_by`."""
    if role not in rules.BREAKABLE:
        raise Invalid.at("role", _("Role: choose one of the list."))
    if len(reason.strip()) < 10:
        raise Invalid.at("reason", _("Reason: say in a sentence what the emergency is; it will be judged."))
    if actor.organ is None or actor.account is None:
        raise Refused(_("Only officials of an organ take a role in an emergency."))
    _no_clash(role, actor.account)
    now, region = clock.now(), orgs.organ_by_id(actor.organ).region_code
    made = LentRole.objects.create(
        account_id=actor.account, organ_id=actor.organ, role=role, region_code=region, clearance=max(actor.clearance, 3), kind="break-glass",
        reason=reason.strip()[:300], begun_at=now, ends_at=now + rules.BREAK_GLASS, review_due=judged_by,
    )  # fmt: skip
    record(actor, events.RoleLent(account=actor.account, role=role, what="break-glass", lent=made.id, reason=made.reason, until=made.ends_at.isoformat()))
    return made


@command("identity.review")
def judge_emergency(actor: Actor, *, lent: int, proper: bool, words: str) -> LentRole:
    """Whether an emergency was one. Nobody judges the own. An improper one ends at once."""
    held = next((r for r in queries.unjudged(actor) if r.id == lent), None)
    if held is None:
        raise Conflict(_("This emergency was judged already. Reload the page."))
    if held.account_id == actor.account:
        raise Refused(_("Nobody judges the own emergency; ask another security administrator."))
    if len(words.strip()) < 2:
        raise Invalid.at("words", _("Words: say what you found."))
    held.verdict, held.judged_by, held.judged_at, held.words = "proper" if proper else "improper", actor.name, clock.now(), words.strip()[:300]
    if not proper and held.ended_at is None:
        held.ended_at = clock.now()
    held.save()
    record(actor, events.RoleLent(account=held.account_id, role=held.role, what=held.verdict, lent=held.id, reason=held.words))
    return held


@command("identity.review")
def begin_review(actor: Actor, *, name: str, region: str, due: date) -> Review:
    """Put every role in a region before its reviewers; the administrators' roles are among them."""
    if not name.strip():
        raise Invalid.at("name", _("Name: fill it in."))
    if due <= clock.today():
        raise Invalid.at("due", _("Until: a day that is still to come."))
    if not actor.reaches(region):
        raise Refused(_("%(region)s lies outside your region.") % {"region": orgs.full_name(region) or region})
    posts = Appointment.objects.filter(queries.on_duty(clock.today()), region_code__startswith=region, account__is_active=True)
    if not posts.exists():
        raise Invalid.at("region", _("Region: nobody holds a role there."))
    made = Review.objects.create(name=name.strip()[:120], region_code=region, begun_at=clock.now(), begun_by=actor.name, due=due)
    ReviewItem.objects.bulk_create([ReviewItem(review=made, appointment=p) for p in posts.order_by("id")], batch_size=1000)
    record(actor, events.RolesReviewed(review=made.id, what="begun"))
    return made


@command("identity.review")
def decide_item(actor: Actor, *, review: int, item: int, keep: bool, words: str = "") -> ReviewItem:
    """Keep a role or end it with today. Nobody decides on the own."""
    one = queries.review(actor, review)
    held = ReviewItem.objects.select_for_update(of=("self",)).select_related("appointment").filter(review=one, id=item, decision="").first()
    if held is None:
        raise Conflict(_("This role was decided on already. Reload the page."))
    if held.appointment.account_id == actor.account:
        raise Refused(_("Nobody reviews the own roles; ask another security administrator."))
    _decide(actor, held, "keep" if keep else "end", words)
    _close_when_done(actor, one)
    return held


def _decide(actor: Actor, held: ReviewItem, decision: str, words: str) -> None:
    held.decision, held.decided_by, held.decided_at, held.words = decision, actor.name, clock.now(), words.strip()[:200]
    held.save()
    post = held.appointment
    if decision != "keep":
        post.ended_on = clock.today() - timedelta(days=1)
        post.save(update_fields=["ended_on"])
    record(actor, events.RolesReviewed(review=held.review_id, what=decision, account=post.account_id, role=post.role))


def _close_when_done(actor: Actor, one: Review) -> None:
    if one.closed_at is None and not one.items.filter(decision="").exists():
        one.closed_at = clock.now()
        one.save(update_fields=["closed_at"])
        record(actor, events.RolesReviewed(review=one.id, what="closed"))


@command("")
def lapse_reviews(actor: Actor) -> int:
    """What nobody confirmed by the review's day ends; the platform's own task does it. Administrators' roles stay: a province without
    anyone who may appoint could not mend itself; they stay open and visible.
    """
    ended = 0
    for one in Review.objects.filter(closed_at=None, due__lt=clock.today()):
        for held in one.items.filter(decision="").select_related("appointment").exclude(appointment__role__in=sorted(rules.STRONG)):
            _decide(actor, held, "lapse", "逾期未复核，自动终止")
            ended += 1
        _close_when_done(actor, one)
    if not ended:
        nothing_changed()
    return ended
