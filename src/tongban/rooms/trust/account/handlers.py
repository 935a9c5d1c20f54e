"""Whoever's password, proofs or roles change is told, through every channel: who did it unseen is seen."""

from tongban.kernel.identity import queries as identity
from tongban.kernel.identity.actor import system
from tongban.kernel.identity.rules import ADMINISTRATOR, APPROVER, ROLES, SECURITY_ADMINISTRATOR
from tongban.kernel.ledger.delivery import Delivered, handles
from tongban.kernel.notices import commands as notices
from tongban.lib import clock
from tongban.rooms.trust.account import queries, tasks
from tongban.rooms.trust.account.commands import tokens

PLATFORM = system("通办·账户")
WORDS = {
    "password": "修改了密码", "password-reset": "由管理员重置了密码并取消了第二重验证", "factor-added": "添加了验证方式", "factor-removed": "移除了验证方式",
}  # fmt: skip


@handles("identity.account.changed")
def tell_owner(event: Delivered) -> None:
    """One notice for each change that opens or closes a door; a cancelled account is logged out everywhere."""
    if event.body["what"] == "cancelled":
        tokens.end_account(PLATFORM, account=event.body["account"])
    what = WORDS.get(event.body["what"].partition(":")[0])
    if what:
        values: dict[str, object] = {"what": what, "at": event.at.astimezone(clock.CHINA).strftime("%m月%d日%H:%M")}
        notices.send(PLATFORM, accounts=[event.body["account"]], key="account-changed", subject=event.subject, values=values,
                     link="/account/own/security/", cause=event.id)  # fmt: skip


LENT = {"delegation": "受托获得职责", "break-glass": "紧急授权", "improper": "紧急授权被判定为不当"}


@handles("identity.role.lent")
def tell_lent(event: Delivered) -> None:
    """Whoever has the role and whoever gave it; of an emergency the security administrators at once."""
    body = event.body
    if body["what"] not in LENT:
        return
    held = identity.actor_of_account(body["account"])
    accounts = {body["account"], event.account or 0}
    if body["what"] == "break-glass":
        accounts |= {a for region in held.regions for a in identity.holding(SECURITY_ADMINISTRATOR, region)}
    values: dict[str, object] = {
        "what": LENT[body["what"]], "who": held.name, "title": ROLES[body["role"]], "due": body["until"][:16].replace("T", " ") or "—", "opinion": body["reason"],
    }  # fmt: skip
    notices.send(PLATFORM, accounts=sorted(accounts), key="role-lent", subject=event.subject, values=values, link="/account/powers/", cause=event.id)


@handles("account.question.asked")
def tell_organ(event: Delivered) -> None:
    """Those of the official's organ who answer."""
    one = queries.question(PLATFORM, event.body["question"])
    accounts = sorted({a for role in (APPROVER, ADMINISTRATOR) for a in identity.accounts_with(role, one.organ)})
    values: dict[str, object] = {"who": one.official, "at": one.seen_at.astimezone(clock.CHINA).strftime("%m月%d日%H:%M"), "due": event.body["due"]}
    notices.send(PLATFORM, accounts=accounts, key="why-asked", subject=event.subject, values=values, link="/account/questions/", cause=event.id)


@handles("account.question.answered")
def tell_person(event: Delivered) -> None:
    """The person who asked."""
    one = queries.question(PLATFORM, event.body["question"])
    values: dict[str, object] = {"who": one.answered_by, "opinion": one.answer}
    notices.send(PLATFORM, accounts=[one.account], key="why-answered", subject=event.subject, values=values, link="/account/own/access/", cause=event.id)


@handles("account.client.logged-out")
def tell_client(event: Delivered) -> None:
    """A session ended here: its systems are told. One that does not answer is tried again, later ones of the same system behind it."""
    client = queries.client_of(event.body["client"])
    if client and client.backchannel_uri:
        tasks.tell_logged_out(client, sub=event.body["sub"], sid=event.body["sid"], event=event.id)
