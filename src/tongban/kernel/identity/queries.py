"""Actors from sessions and tokens; persons and enterprises in scope."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from django.contrib.sessions.models import Session
from django.db.models import Q, QuerySet
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from tongban.kernel.identity.actor import STRANGER, Actor, citizen_roles
from tongban.kernel.identity import rules
from tongban.kernel.identity.models import (
    Account,
    Appointment,
    Factor,
    LegalPerson,
    LentRole,
    LoginSession,
    Mandate,
    Person,
    Proxy,
    Retention,
    Review,
    ReviewItem,
)
from tongban.lib import clock, columns, sm, statements
from tongban.lib.errors import NotFound, Refused
from tongban.lib.statements import Ask, Row

_ACTOR = """
    SELECT a.id, p.id, p.name, ap.role, ap.region_code, o.id, o.key, o.name, {level}, ap.clearance
    FROM identity_account a
    JOIN identity_person p ON p.id = a.person_id
    LEFT JOIN LATERAL (
      SELECT 0 AS lent, id, role, region_code, organ_id, clearance FROM identity_appointment
      WHERE account_id = a.id AND begun_on <= %(today)s AND (ended_on IS NULL OR ended_on >= %(today)s)
      UNION ALL
      SELECT 1, id, role, region_code, organ_id, clearance FROM identity_lentrole
      WHERE account_id = a.id AND ended_at IS NULL AND begun_at <= %(now)s AND ends_at > %(now)s) ap ON true
    LEFT JOIN orgs_organ o ON o.id = ap.organ_id
    WHERE a.is_active AND """


def _actor(where: str, values: dict[str, Any], origin: str, *, level: str = "2") -> Actor:
    rows = statements.rows(_ACTOR.format(level=level) + where + " ORDER BY ap.lent, ap.id", {**values, "today": clock.today(), "now": clock.now()})
    if not rows:
        return STRANGER
    account, person, name = rows[0][:3]
    # One organ at a time: an official appointed in two organs acts for the first; the others need their own account.
    posts = [r for r in rows if r[3] and r[5] == rows[0][5]]
    made = Actor(
        account=account, person=person, name=name, origin=origin, level=rows[0][8],
        roles=citizen_roles() | {r[3] for r in posts}, regions=tuple(sorted({r[4] for r in posts})),
        organ=posts[0][5] if posts else None, organ_key=posts[0][6] if posts else "",
        organ_name=posts[0][7] if posts else "", clearance=max((r[9] for r in posts), default=0),
    )  # fmt: skip
    return made.proved_only(made.level) if settings.STRONG_LOGIN else made


def actor_of_account(account_id: int, *, origin: str = "", level: int = rules.TWO_PROOFS) -> Actor:
    """The actor behind an account at a level of assurance, or the stranger when it was closed."""
    return _actor("a.id = %(account)s", {"account": account_id}, origin, level=str(int(level)))


def actor_of_token(token: str, *, origin: str = "") -> Actor:
    """The actor behind a bearer token, or the stranger: one round trip."""
    where = """a.id = (SELECT account_id FROM identity_apitoken
                        WHERE digest = %(digest)s AND expires_at > %(now)s)"""
    level = "(SELECT level FROM identity_apitoken WHERE digest = %(digest)s)"
    return _actor(where, {"digest": sm.sm3_hex(token.encode()), "now": clock.now()}, origin, level=level)


def account_named(username: str) -> Account | None:
    return Account.objects.filter(username=username).first()


def personas() -> QuerySet[Account]:
    """The demo's accounts, in order; empty outside the demo, where none is marked."""
    return Account.objects.exclude(demo_order=None).select_related("person").order_by("demo_order")


def person_numbered(id_number: str) -> int | None:
    """The person who has an account here under this number; for noting that their data were read elsewhere."""
    return Person.objects.of_number(id_number).values_list("id", flat=True).first()


def synthetic_persons() -> QuerySet[Person]:
    """The demo's persons; for loading the registries that would know them."""
    return Person.objects.filter(synthetic=True).order_by("id")


def synthetic_enterprises() -> QuerySet[LegalPerson]:
    """The demo's enterprises with their representatives."""
    return LegalPerson.objects.filter(synthetic=True).select_related("representative").order_by("id")


@dataclass(frozen=True, slots=True)
class Mandated:
    """An enterprise that someone may act for."""

    id: int
    name: str
    credit_code: str
    basis: str


def mandates(actor: Actor) -> list[Mandated]:
    """The enterprises that the actor's person may act for today; none while acting for another person."""
    if actor.helper_name:
        return []
    today = clock.today()
    rows = Mandate.objects.filter(on_duty(today), person=actor.person)
    return [Mandated(m.legal_person_id, m.legal_person.name, m.legal_person.credit_code, m.basis) for m in rows.select_related("legal_person").order_by("id")]


def acting_for(actor: Actor, legal_person: int) -> Actor:
    """The actor as representative of an enterprise; raises Refused without a mandate in force."""
    found = next((m for m in mandates(actor) if m.id == legal_person), None)
    if found is None:
        raise Refused(_("You hold no mandate in force for this enterprise."))
    return actor.for_legal_person(found.id, found.name)


_HOLDERS = {
    "person": ("name", "id_number", "mobile", "address"),
    "enterprise": ("id", "name", "credit_code", "entity_type", "address", "business_scope"),
    "representative": ("name", "id_number"),
}
_HOLDERS_ASKED = f"""
    SELECT {", ".join(f"{holder}.{c} AS {holder}_{c}" for holder, names in _HOLDERS.items() for c in names)}
    FROM identity_person person
    LEFT JOIN identity_mandate mandate ON mandate.person_id = person.id AND mandate.begun_on <= %(today)s
         AND (mandate.ended_on IS NULL OR mandate.ended_on >= %(today)s)
         AND mandate.legal_person_id = (SELECT id FROM identity_legalperson
                                        WHERE id = %(legal_person)s::bigint OR credit_code = %(credit_code)s LIMIT 1)
    LEFT JOIN identity_legalperson enterprise ON enterprise.id = mandate.legal_person_id
    LEFT JOIN identity_person representative ON representative.id = enterprise.representative_id
    WHERE person.id = %(person)s LIMIT 1"""  # noqa: S608 - column names from the table above
Holders = dict[str, dict[str, Any]]


def held(holders: Holders, holder: str, name: str) -> str:
    """One thing that a register holds, "" for nothing; what lies sealed is opened only here, when it is needed."""
    value = holders[holder].get(name, "")
    if value and holder != "enterprise" and name in ("id_number", "mobile", "address"):
        return str(cast("columns.Sealed", Person._meta.get_field(name)).read(value))
    return str(value)


def holders(actor: Actor, credit_code: str = "") -> Ask[Holders]:
    """What the registers hold of the actor: as person, of the enterprise acted for, of its representative.

    The enterprise is the actor's, or the one of `credit_code`; without a mandate in force it stays empty, and asking for
    one by code raises Refused.
    """

    def read(found: list[Row]) -> Holders:
        values = iter(found[0] if found else ())
        told = {holder: {name: next(values, None) for name in names} for holder, names in _HOLDERS.items()}
        if credit_code and told["enterprise"]["id"] is None:
            raise Refused(_("You hold no mandate in force for this enterprise."))
        return {holder: {n: v for n, v in known.items() if v} for holder, known in told.items()}

    values = {"person": actor.person, "legal_person": actor.legal_person, "credit_code": credit_code, "today": clock.today()}
    return Ask(_HOLDERS_ASKED, values, read)


def acting_as(actor: Actor, credit_code: str) -> Actor:
    """The actor for the enterprise with a credit code; raises Refused without a mandate in force."""
    held = statements.ask(holders(actor, credit_code))["enterprise"]
    return actor.for_legal_person(held["id"], held["name"])


def officials(actor: Actor, *, role: str = "") -> list[tuple[int, str]]:
    """(account, name) of the actor's own organ's officials who hold a role today."""
    today: date = clock.today()
    rows = Account.objects.filter(
        Q(appointments__ended_on=None) | Q(appointments__ended_on__gte=today),
        is_active=True, appointments__organ_id=actor.organ, appointments__begun_on__lte=today,
    )  # fmt: skip
    if role:
        rows = rows.filter(appointments__role=role)
    return list(rows.distinct().order_by("id").values_list("id", "person__name"))


def accounts_with(role: str, organ: int, region: str = "") -> list[int]:
    """Accounts that hold a role today in an organ; with `region`, those whose region contains it."""
    today = clock.today()
    rows = Account.objects.filter(
        Q(appointments__ended_on=None) | Q(appointments__ended_on__gte=today),
        is_active=True, appointments__organ_id=organ, appointments__role=role, appointments__begun_on__lte=today,
    )  # fmt: skip
    now = clock.now()
    lent = LentRole.objects.filter(organ_id=organ, role=role, account__is_active=True, ended_at=None, begun_at__lte=now, ends_at__gt=now)
    return sorted({*rows.values_list("id", flat=True), *lent.values_list("account_id", flat=True)})


def accounts_of_person(person: int | None) -> list[int]:
    """Those that a person logs in with; none of nobody."""
    if person is None:
        return []
    return list(Account.objects.filter(person_id=person, is_active=True).values_list("id", flat=True))


def supervisors_of(region: str) -> list[int]:
    """Accounts that supervise a region: appointed in it or above it."""
    today = clock.today()
    rows = Account.objects.filter(appointments__role="supervisor", is_active=True, appointments__begun_on__lte=today)
    rows = rows.filter(Q(appointments__ended_on=None) | Q(appointments__ended_on__gte=today))
    return [a for a, code in rows.values_list("id", "appointments__region_code") if region.startswith(code)]


def holding(role: str, region: str) -> list[int]:
    """Accounts that hold a role in a region or above it today."""
    held = Appointment.objects.filter(on_duty(clock.today()), role=role, account__is_active=True)
    return sorted({a for a, code in held.values_list("account_id", "region_code") if region.startswith(code)})


def on_duty(today: date) -> Q:
    """Appointments and mandates that hold on a day; the last day counts."""
    return Q(begun_on__lte=today) & (Q(ended_on=None) | Q(ended_on__gte=today))


def represents(actor: Actor, legal_person: int) -> bool:
    """Whether the actor's person is the legal representative."""
    rows = Mandate.objects.filter(on_duty(clock.today()), person=actor.person, legal_person=legal_person, basis=rules.REPRESENTATIVE)
    return actor.logged_in and not actor.helper_name and rows.exists()


def mandate_between(person: int, legal_person: int) -> Mandate | None:
    """The mandate in force that a person holds for an enterprise."""
    return Mandate.objects.filter(on_duty(clock.today()), person=person, legal_person=legal_person).first()


def mandates_given(actor: Actor) -> list[Mandate]:
    """Mandates in force of the enterprises that the actor represents, its own apart."""
    mine = [m.id for m in mandates(actor) if m.basis == rules.REPRESENTATIVE]
    rows = Mandate.objects.filter(on_duty(clock.today()), legal_person__in=mine, basis=rules.AGENT)
    return list(rows.select_related("person", "legal_person").order_by("id"))


def own_account(actor: Actor) -> Account:
    """The actor's account with its person."""
    return Account.objects.select_related("person").get(id=actor.account)


def managed_accounts(actor: Actor, *, words: str = "") -> QuerySet[Account]:
    """Accounts within the administrator's regions: by appointment, or by residence for citizens."""
    actor.require("identity.manage_accounts")
    rows = Account.objects.select_related("person").prefetch_related("appointments__organ").order_by("id")
    if not actor.is_system:
        reach = Q()
        for region in actor.regions:
            reach |= Q(appointments__region_code__startswith=region) | Q(appointments=None, person__region_code__startswith=region)
        rows = rows.filter(reach).distinct()
    if words:
        rows = rows.filter(Q(username__icontains=words) | Q(person__name__contains=words) | Q(appointments__organ__name__contains=words)).distinct()
    return rows


def managed_account(actor: Actor, account: int) -> Account:
    """One of them; raises NotFound."""
    found = managed_accounts(actor).filter(id=account).first()
    if found is None:
        raise NotFound(_("There is no such account within your region."))
    return found


def posts(account: Account) -> list[Appointment]:
    """What an account is appointed to today."""
    return list(account.appointments.filter(on_duty(clock.today())).select_related("organ").order_by("id"))


def appointment(actor: Actor, appointment_id: int) -> Appointment:
    """An appointment of an account within the administrator's regions; raises NotFound."""
    found = Appointment.objects.filter(on_duty(clock.today()), id=appointment_id).first()
    if found is None or not actor.reaches(found.region_code):
        raise NotFound(_("There is no such account within your region."))
    return found


def factors(actor: Actor) -> list[Factor]:
    """The actor's own proofs that are in force, oldest first; recovery codes are counted by `recovery_left`."""
    return list(Factor.objects.filter(account_id=actor.account, kind__in=["totp", "passkey", "x509"], ready=True).order_by("id"))


def recovery_left(actor: Actor) -> int:
    return Factor.objects.filter(account_id=actor.account, kind="recovery").count()


def second_proofs(account: Account) -> set[str]:
    """Kinds of second proof that an account has set up; a certificate stands for itself and is none."""
    return set(Factor.objects.filter(account=account, ready=True, kind__in=["totp", "passkey"]).values_list("kind", flat=True))


def passkeys_of(account: Account) -> list[bytes]:
    """The public parts of an account's passkeys."""
    return [bytes(f.secret) for f in Factor.objects.filter(account=account, kind="passkey")]


def open_sessions(actor: Actor) -> list[LoginSession]:
    """The actor's browsers that are logged in, the newest first."""
    rows = LoginSession.objects.filter(account_id=actor.account, ended_at=None).order_by("-begun_at")
    alive = set(Session.objects.filter(session_key__in=[s.key for s in rows], expire_date__gt=clock.now()).values_list("session_key", flat=True))
    return [s for s in rows if s.key in alive]


def way_of_session(key: str) -> str:
    """How the person at a browser logged in."""
    found = LoginSession.objects.filter(key=key).first()
    return found.way if found else "password"


def account_by_id(account: int) -> Account | None:
    """An account that may log in."""
    return Account.objects.filter(id=account, is_active=True).first()


def lent_roles(account: int) -> list[LentRole]:
    """Roles that an account has for a while and that have not run out."""
    rows = LentRole.objects.filter(account_id=account, ended_at=None, ends_at__gt=clock.now())
    return list(rows.select_related("organ", "given_by__person").order_by("ends_at"))


def delegations_given(actor: Actor) -> list[LentRole]:
    """What the actor delegated and what has not run out."""
    rows = LentRole.objects.filter(given_by_id=actor.account, kind="delegation", ended_at=None, ends_at__gt=clock.now())
    return list(rows.select_related("account__person").order_by("ends_at"))


def colleagues(actor: Actor) -> list[tuple[int, str]]:
    """(account, name) of the other officials of one's own organ."""
    return [(account, name) for account, name in officials(actor) if account != actor.account]


def own_posts(actor: Actor) -> list[Appointment]:
    """The actor's appointments in force."""
    return list(Appointment.objects.filter(on_duty(clock.today()), account_id=actor.account).select_related("organ").order_by("id"))


def _in_regions(actor: Actor, field: str = "region_code") -> Q:
    reach = Q() if actor.is_system else Q(pk=None)
    for region in actor.regions if not actor.is_system else ():
        reach |= Q(**{f"{field}__startswith": region})
    return reach


def unjudged(actor: Actor) -> list[LentRole]:
    """Emergencies within one's regions that wait for a verdict."""
    actor.require("identity.review")
    rows = LentRole.objects.filter(_in_regions(actor), kind="break-glass", verdict="")
    return list(rows.select_related("account__person", "organ").order_by("begun_at"))


def reviews(actor: Actor) -> QuerySet[Review]:
    actor.require("identity.review")
    return Review.objects.filter(_in_regions(actor)).order_by("-id")


def review(actor: Actor, review_id: int) -> Review:
    found = reviews(actor).filter(id=review_id).first()
    if found is None:
        raise NotFound(_("There is no such review within your regions."))
    return found


def review_items(one: Review) -> QuerySet[ReviewItem]:
    """What is still open first."""
    return ReviewItem.objects.filter(review=one).select_related("appointment__account__person", "appointment__organ").order_by("decision", "id")


def proxies_held(actor: Actor) -> list[Proxy]:
    """Persons whom the actor may act for, or asked to."""
    rows = Proxy.objects.filter(helper_id=actor.person, state__in=["asked", "active", "refused"], ended_on__gte=clock.today())
    return list(rows.select_related("person").order_by("id"))


def proxies_given(actor: Actor) -> list[Proxy]:
    """Persons who may act for the actor."""
    rows = Proxy.objects.filter(person_id=actor.person, state="active", ended_on__gte=clock.today())
    return list(rows.select_related("helper").order_by("id"))


def asked_proxies(actor: Actor) -> QuerySet[Proxy]:
    """What guardians ask, of children of the administrator's regions."""
    actor.require("identity.manage_accounts")
    return Proxy.objects.filter(_in_regions(actor, "person__region_code"), state="asked").select_related("person", "helper").order_by("id")


def acting_for_person(actor: Actor, proxy: int) -> Actor:
    """The actor for another person; raises Refused without a relation in force."""
    found = Proxy.objects.select_related("person").filter(id=proxy, helper_id=actor.person, state="active", ended_on__gte=clock.today()).first()
    if found is None:
        raise Refused(_("You may not act for this person today."))
    return actor.for_person(found.person_id, found.person.name)


def retention() -> list[Retention]:
    """What is kept after a cancellation."""
    today = clock.today()
    return list(Retention.objects.filter(effective_from__lte=today).filter(Q(effective_to=None) | Q(effective_to__gte=today)).order_by("id"))


def account_of(account: int) -> Account:
    """Any account, open or closed."""
    return Account.objects.select_related("person").get(id=account)


def posts_of(accounts: Iterable[int]) -> dict[int, list[Appointment]]:
    """What each of some accounts is appointed to today, in one question."""
    found: dict[int, list[Appointment]] = {account: [] for account in accounts}
    for post in Appointment.objects.filter(on_duty(clock.today()), account__in=list(found)).order_by("id"):
        found[post.account_id].append(post)
    return found


def account_with_number(id_number: str, name: str) -> Account | None:
    """The account of the person whom number and name fit, both; None when there is none."""
    return Account.objects.filter(person__in=Person.objects.of_number(id_number).filter(name=name.strip())).first()


def clashing(account: Account, role: str) -> str:
    """The role already held that nobody may hold together with `role`."""
    return rules.clashes(role, {p.role for p in posts(account)})


def told_applicant(person: int, legal_person: int | None) -> dict[str, Any]:
    """An applicant as another installation must know it: the person, and the enterprise with its representative."""
    one = Person.objects.get(id=person)
    told: dict[str, Any] = {"person": _told_person(one), "enterprise": None}
    if legal_person is not None:
        firm = LegalPerson.objects.select_related("representative").get(id=legal_person)
        told["enterprise"] = {
            "credit_code": firm.credit_code, "name": firm.name, "entity_type": firm.entity_type, "address": firm.address, "region": firm.region_code,
            "registered_on": firm.registered_on.isoformat(), "business_scope": firm.business_scope, "synthetic": firm.synthetic,
            "representative": _told_person(firm.representative),
        }  # fmt: skip
    return told


def _told_person(one: Person) -> dict[str, Any]:
    return {"id_number": one.id_number, "name": one.name, "mobile": one.mobile, "address": one.address, "region": one.region_code, "synthetic": one.synthetic}
