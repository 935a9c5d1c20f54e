"""Notices: inbox, once for each cause; channels that fail are tried again and seen."""

import email
import json
import socketserver
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.core import mail

from tongban.config import province
from tongban.kernel.identity.actor import system
from tongban.kernel.identity.commands import own
from tongban.kernel.notices import commands, queries, seed
from tongban.kernel.notices.models import Delivery, Notice, Template
from tongban.lib import clock

pytestmark = pytest.mark.django_db
PLATFORM = system("test")
VALUES = {"title": "食品经营许可（新办）", "case": "JN26-1124-00001", "organ": "历下区市场监督管理局"}


class Gateway:
    """A department's HTTP gateway on loopback; answers with the codes it is told to, then 200."""

    def __init__(self, *codes):
        self.got, self.codes = [], list(codes)
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                outer.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(outer.codes.pop(0) if outer.codes else 200)
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server.server_port}/"

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def gateway():
    made = []

    def start(*codes):
        made.append(Gateway(*codes))
        return made[-1]

    yield start
    for one in made:
        one.close()


class Mailbox(socketserver.StreamRequestHandler):
    """An SMTP server on loopback, as far as a client needs one (RFC 5321)."""

    def handle(self):
        self.wfile.write(b"220 test\r\n")
        to = ""
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if verb == b"RCPT":
                to = line.decode().split(":", 1)[1].split()[0]
            if verb == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                body = b""
                while (part := self.rfile.readline()) != b".\r\n":
                    body += part
                self.server.got.append((to, body))
            self.wfile.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")
            if verb == b"QUIT":
                return


@pytest.fixture
def smtp():
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mailbox)
    server.got = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1], server.got
    server.shutdown()
    server.server_close()


def send(username="zhang", key="submitted", cause=None):
    account = province.citizen(username).account
    return commands.send(PLATFORM, accounts=[account], key=key, subject=f"case:{VALUES['case']}", values=VALUES, cause=cause)


class TestInbox:
    def test_a_notice_is_words_filled_in(self):
        before = queries.unread(province.citizen())
        assert send() == 1
        notice = queries.inbox(province.citizen()).first()
        assert VALUES["title"] in notice.title
        assert VALUES["organ"] in notice.body
        assert queries.unread(province.citizen()) == before + 1

    def test_the_same_cause_sends_once(self):
        from tongban.kernel.ledger.models import Entry

        cause = Entry.objects.order_by("id").values_list("id", flat=True).first()
        assert [send(cause=cause), send(cause=cause)] == [1, 0]

    def test_reading_is_ones_own(self):
        send()
        notice = queries.inbox(province.citizen()).first()
        commands.mark_read(province.citizen("wang"), notice=notice.id)
        notice.refresh_from_db()
        assert notice.read_at is None
        commands.mark_read(province.citizen(), notice=notice.id)
        notice.refresh_from_db()
        assert notice.read_at

    def test_a_stranger_has_none(self):
        from tongban.kernel.identity.actor import STRANGER

        assert queries.unread(STRANGER) == 0

    def test_every_shipped_template_fills_from_the_values_that_handlers_give(self):
        values = dict.fromkeys(["title", "case", "organ", "opinion", "days", "due", "special", "link", "level", "reason", "who", "system", "what", "at"], "x")
        for title, body in seed.TEMPLATES.values():
            assert "{" not in title.format_map(values) + body.format_map(values)

    def test_an_edited_template_is_not_overwritten(self):
        Template.objects.filter(key="submitted").update(title="改过的标题")
        seed.load_templates()
        assert Template.objects.get(key="submitted").title == "改过的标题"


class TestChannels:
    def test_without_any_the_inbox_is_all(self):
        send()
        assert not Delivery.objects.exists()

    def test_mail_goes_to_the_address_of_the_account(self, settings):
        settings.EMAIL_HOST = "127.0.0.1"
        own.change_contact(province.citizen(), mobile="", email="zhang@example.cn")
        send()
        assert commands.deliver_due() == 1
        assert [m.to for m in mail.outbox] == [["zhang@example.cn"]]

    def test_mail_is_handed_to_a_server_that_speaks_smtp(self, settings, smtp):
        port, got = smtp
        settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = "django.core.mail.backends.smtp.EmailBackend", "127.0.0.1", port
        own.change_contact(province.citizen(), mobile="", email="zhang@example.cn")
        send()
        assert commands.deliver_due() == 1
        [(to, body)] = got
        assert to == "<zhang@example.cn>"
        assert VALUES["case"] in email.message_from_bytes(body).get_payload(decode=True).decode()

    def test_a_server_that_refuses_is_tried_again(self, settings):
        settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = "django.core.mail.backends.smtp.EmailBackend", "127.0.0.1", 9
        own.change_contact(province.citizen(), mobile="", email="zhang@example.cn")
        send()
        assert commands.deliver_due() == 0
        assert Delivery.objects.get().error

    def test_nobody_is_written_to_without_an_address(self, settings):
        settings.EMAIL_HOST = "127.0.0.1"
        send()
        assert not Delivery.objects.exists()

    def test_sms_and_webhook_get_a_document(self, settings, gateway):
        one = gateway()
        settings.SMS_GATEWAY = settings.NOTICE_WEBHOOK = one.address
        send()
        assert commands.deliver_due() == 2
        assert {g["to"] for g in one.got} == {"13800000001", "zhang"}
        assert all(VALUES["case"] in g["body"] for g in one.got)

    def test_a_failing_gateway_is_tried_again_later_each_time(self, settings, gateway):
        one = gateway(500, 503)
        settings.SMS_GATEWAY = one.address
        send()
        waits = []
        for _try in range(2):
            assert commands.deliver_due() == 0
            held = Delivery.objects.get()
            assert held.error
            waits.append(held.next_try - clock.now())
            Delivery.objects.update(next_try=clock.now())
        assert waits[1] > waits[0] > timedelta(seconds=30)
        assert commands.deliver_due() == 1
        held = Delivery.objects.get()
        assert (held.state, held.error, held.tries) == ("sent", "", 3)

    def test_not_before_it_is_due(self, settings, gateway):
        one = gateway(500)
        settings.SMS_GATEWAY = one.address
        send()
        commands.deliver_due()
        assert commands.deliver_due() == 0
        assert len(one.got) == 1

    def test_after_eight_tries_it_stands_as_failed_and_is_seen(self, settings, gateway, admin_page):
        settings.SMS_GATEWAY = "http://127.0.0.1:9/"  # nobody listens there
        send()
        for _try in range(commands.TRIES):
            Delivery.objects.update(next_try=clock.now())
            commands.deliver_due()
        assert Delivery.objects.get().state == "failed"
        Delivery.objects.update(next_try=clock.now())
        assert commands.deliver_due() == 0
        assert "失败" in admin_page("/admin/notices/delivery/")

    def test_a_channel_that_was_switched_off_waits(self, settings):
        settings.NOTICE_WEBHOOK = "http://127.0.0.1:9/"
        send()
        settings.NOTICE_WEBHOOK = ""
        commands.deliver_due()
        assert Delivery.objects.get().error
        assert Notice.objects.exists()


@pytest.fixture
def admin_page(as_persona):
    return lambda path: as_persona("chen").get(path).content.decode()
