"""Sending and reading notices."""

from datetime import timedelta

from tongban.kernel.identity.actor import Actor
from tongban.kernel.identity.models import Account
from tongban.kernel.jobs import queue
from tongban.kernel.notices import events
from tongban.kernel.notices.channels import channels
from tongban.kernel.notices.models import Delivery, Notice, Template
from tongban.lib import clock
from tongban.lib.acts import command, nothing_changed, record

TRIES = 8


@command("")
def send(actor: Actor, *, accounts: list[int], key: str, subject: str, values: dict[str, object], link: str = "", cause: int | None = None) -> int:
    """Put a notice into inboxes and on its way through the channels. The platform sends: no permission is asked.

    `cause`: the ledger entry answered; the same notice for the same cause is sent once.
    """
    template = Template.objects.get(key=key)
    sent = 0
    for account in Account.objects.filter(id__in=accounts, is_active=True).select_related("person"):
        notice, new = Notice.objects.get_or_create(
            account=account.id, key=key, cause=cause,
            defaults={
                "subject": subject, "title": template.title.format_map(values), "body": template.body.format_map(values),
                "link": link, "sent_at": clock.now(),
            },
        )  # fmt: skip
        if not new:
            continue
        sent += 1
        record(actor, events.NoticeSent(notice=notice.id, to=account.id, key=key, on=subject))
        for channel in channels():
            address = {"mail": account.email, "sms": account.person.mobile}.get(channel, account.username)
            if not address:
                continue  # nobody told us one: the inbox has it
            Delivery.objects.create(notice=notice, channel=channel, address=address, next_try=clock.now())
            queue.defer("notices.deliver", key="notices.deliver")
    if not sent:
        nothing_changed()
    return sent


@command("notices.read_own")
def mark_read(actor: Actor, *, notice: int) -> None:
    """Note that a notice was opened; reading is not an act, so the ledger is left alone."""
    Notice.objects.filter(id=notice, account=actor.account, read_at=None).update(read_at=clock.now())
    nothing_changed()


def deliver_due() -> int:
    """Try every delivery that is due; a failure waits twice as long each time. Returns how many were sent."""
    open_channels, sent = channels(), 0
    for one in Delivery.objects.filter(state="waiting", next_try__lte=clock.now()).select_related("notice")[:500]:
        channel = open_channels.get(one.channel)
        one.tries += 1
        try:
            if channel is None:
                raise OSError("the channel is switched off")
            channel.send(one.address, one.notice.title, one.notice.body)
        except OSError as fault:
            one.error = str(fault)[:300]
            one.state = "failed" if one.tries >= TRIES else "waiting"
            one.next_try = clock.now() + timedelta(seconds=30 * 2**one.tries)
        else:
            one.state, one.error = "sent", ""
            sent += 1
        one.save()
    return sent
