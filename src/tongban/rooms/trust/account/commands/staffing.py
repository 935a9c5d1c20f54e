"""A personnel system keeps the officials of its organ: opened, given roles, closed. It never touches administrators' roles."""

from typing import Any

from django.utils.translation import gettext as _

from tongban.kernel.identity import commands as identity
from tongban.kernel.identity import queries as accounts
from tongban.kernel.identity.actor import Actor
from tongban.kernel.identity.commands import own, staff
from tongban.kernel.identity.rules import ADMINISTRATOR, TWO_PROOFS
from tongban.lib import clock, codes
from tongban.lib.acts import command, nothing_changed, record
from tongban.lib.errors import Conflict, Invalid, Refused
from tongban.rooms.trust.account import events, queries, rules
from tongban.rooms.trust.account.models import Client, Provisioned


def provisioner(client: Client, origin: str) -> Actor:
    """Who acts when a personnel system does: an administrator of one organ, under the system's own name."""
    organ = client.organ
    return Actor(
        name=f"{client.name}（人员同步）", organ=organ.id, organ_key=organ.key, organ_name=organ.name, roles=frozenset({ADMINISTRATOR}),
        regions=(client.region_code,), origin=origin, level=TWO_PROOFS,
    )  # fmt: skip


def roles_of(client: Client, row: Provisioned) -> list[str]:
    """The roles that an official holds today in the client's organ, of those that a personnel system may give."""
    return roles_of_all(client, [row])[row.id]


def roles_of_all(client: Client, rows: list[Provisioned]) -> dict[int, list[str]]:
    """The same of many, by row."""
    posts = accounts.posts_of(r.account for r in rows)
    return {r.id: sorted(p.role for p in posts[r.account] if p.organ_id == client.organ_id and p.role in rules.PROVISIONED) for r in rows}


@command("identity.manage_accounts")
def open_staff(
    actor: Actor, *, client: Client, user_name: str, name: str, id_number: str, external_id: str, active: bool | None, emails: list[dict[str, Any]],
    phones: list[dict[str, Any]], roles: list[str], employee_number: str,
) -> Provisioned:  # fmt: skip
    """An official of the organ. Whoever has an account of the own already keeps it and gets the roles besides; raises Conflict, Invalid."""
    if Provisioned.objects.filter(organ_id=client.organ_id, user_name=user_name, gone_at=None).exists():
        raise Conflict(_("Account name: %(name)s is taken; choose another.") % {"name": user_name})
    known = accounts.account_with_number(id_number, name)
    if known and Provisioned.objects.filter(account=known.id, gone_at=None).exists():
        raise Conflict(_("This person is kept by a personnel system already."))
    if known is None:
        made, _password = staff.open_for(actor, username=user_name, name=name, id_number=id_number, region=client.region_code)
    now = clock.now()
    back = known is not None and Provisioned.objects.filter(account=known.id, own_before=False).exists()  # let go once, hired again
    if known and back and not known.is_active:
        staff.reopen_account(actor, account=known.id)
    row = Provisioned.objects.create(
        organ_id=client.organ_id, account=known.id if known else made.id, own_before=known is not None and not back, user_name=user_name, external_id=external_id[:100],
        document=_document(name, emails, phones, employee_number, roles, active), created_at=now, changed_at=now,
    )  # fmt: skip
    record(actor, events.StaffProvisioned(account=row.account, client=client.client_id, change="opened"))
    _settle(actor, client, row, active=active is not False, roles=roles)
    return row


@command("identity.manage_accounts")
def change_staff(
    actor: Actor, *, client: Client, row: int, seen: int, external_id: str, active: bool | None, emails: list[dict[str, Any]], phones: list[dict[str, Any]],
    roles: list[str], employee_number: str,
) -> Provisioned:  # fmt: skip
    """Everything as it is to be; what is the same stays untouched. `seen`: the version that the change was worked out on."""
    held = Provisioned.objects.select_for_update().get(id=queries.provisioned(client, str(row)).id)
    if held.version != seen:
        raise Conflict(_("This official was changed meanwhile: read the entry again."))
    document = _document(held.document["name"], emails, phones, employee_number, roles, active)
    now = roles_of(client, held) if held.active else sorted(held.document["roles"])
    if (held.document, held.external_id, held.active, now) == (document, external_id, active is not False, sorted(roles)):
        nothing_changed()
        return held
    held.document, held.external_id = document, external_id[:100]
    record(actor, events.StaffProvisioned(account=held.account, client=client.client_id, change="changed"))
    _settle(actor, client, held, active=active is not False, roles=roles)
    return held


@command("identity.manage_accounts")
def remove_staff(actor: Actor, *, client: Client, row: int) -> None:
    """The official has left: roles end, the account closes unless it was the person's own before. What was done stays."""
    held = Provisioned.objects.select_for_update().get(id=queries.provisioned(client, str(row)).id)
    _settle(actor, client, held, active=False, roles=[])
    held.gone_at = clock.now()
    held.save(update_fields=["gone_at"])
    record(actor, events.StaffProvisioned(account=held.account, client=client.client_id, change="removed"))


def _document(
    name: str, emails: list[dict[str, Any]], phones: list[dict[str, Any]], employee_number: str, roles: list[str], active: bool | None
) -> dict[str, Any]:  # fmt: skip
    """What the system told, to be told back; `active` left out counts as active."""
    return {
        "name": name, "emails": emails, "phones": phones, "employee_number": employee_number, "roles": roles, "told_active": active is not None,
    }  # fmt: skip


def _settle(actor: Actor, client: Client, row: Provisioned, *, active: bool, roles: list[str]) -> None:
    """Bring account, contact and roles to what the row says; only within the commands above."""
    if not row.own_before:
        if active != row.active:
            (staff.reopen_account if active else staff.close_account)(actor, account=row.account)
        phones = [p for p in row.document["phones"] if not codes.mobile_fault(str(p.get("value") or ""))]
        own.set_contact(row.account, mobile=_first(phones), email=_first(row.document["emails"]))
    row.active, row.changed_at, row.version = active, clock.now(), row.version + 1
    row.save()
    held = set(roles_of(client, row))
    wanted = set(roles) if active else set()
    strange = set(roles) - set(rules.PROVISIONED)
    if strange:
        raise Invalid(_("Roles: %(roles)s cannot be given by a personnel system.") % {"roles": "、".join(sorted(strange))}, fields={"roles": "roles"})
    account = accounts.account_of(row.account)
    for post in accounts.posts(account):
        if post.organ_id != client.organ_id:
            if wanted:
                raise Conflict(_("This official holds roles in another organ; end those first."))
        elif post.role in held - wanted:
            staff.end_appointment(actor, appointment=post.id)
    for role in sorted(wanted - held):
        if accounts.clashing(account, role):
            raise Refused(_("These roles are never held by one person."))
        identity.grant_role(actor, account=account, organ=client.organ, role=role, region=client.region_code, begun_on=clock.today())


def _first(values: list[dict[str, Any]]) -> str:
    """The primary value of a list, else its first."""
    chosen = next((v for v in values if v.get("primary")), values[0] if values else {})
    return str(chosen.get("value") or "")
