"""Whoever's password, proofs or roles change is told, through every channel: who did it unseen is seen."""

from tongban.kernel.identity.actor import system
from tongban.kernel.ledger.delivery import Delivered, handles
from tongban.kernel.notices import commands as notices
from tongban.lib import clock
from tongban.rooms.trust.account import queries, tasks

PLATFORM = system("通办·账户")
WORDS = {
    "password": "修改了密码", "password-reset": "由管理员重置了密码并取消了第二重验证", "factor-added": "添加了验证方式", "factor-removed": "移除了验证方式",
}  # fmt: skip


@handles("identity.account.changed")
def tell_owner(event: Delivered) -> None:
    """One notice for each change that opens or closes a door."""
    what = WORDS.get(event.body["what"].partition(":")[0])
    if what:
        values: dict[str, object] = {"what": what, "at": event.at.astimezone(clock.CHINA).strftime("%m月%d日%H:%M")}
        notices.send(PLATFORM, accounts=[event.body["account"]], key="account-changed", subject=event.subject, values=values,
                     link="/account/own/security/", cause=event.id)  # fmt: skip


@handles("account.client.logged-out")
def tell_client(event: Delivered) -> None:
    """A session ended here: its systems are told. One that does not answer is tried again, later ones of the same system behind it."""
    client = queries.client_of(event.body["client"])
    if client and client.backchannel_uri:
        tasks.tell_logged_out(client, sub=event.body["sub"], sid=event.body["sid"], event=event.id)
