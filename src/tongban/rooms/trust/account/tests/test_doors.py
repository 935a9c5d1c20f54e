"""Text messages and certificates as ways in: what opens, what stays shut, what nobody learns."""

import json
import re
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_network
from urllib.parse import quote

import pyotp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from tongban.config import province
from tongban.kernel.identity import queries as identity
from tongban.kernel.identity.commands import doors, factors
from tongban.kernel.identity.models import Factor, LoginSession
from tongban.lib import clock
from tongban.lib.errors import Conflict, Invalid

pytestmark = pytest.mark.django_db


@pytest.fixture
def gateway(settings):
    """An SMS gateway that keeps what it is told."""
    got = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(202)
            self.end_headers()

        def log_message(self, *_told):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.SMS_GATEWAY = f"http://127.0.0.1:{server.server_port}/"
    yield got
    server.shutdown()


def code_of(got):
    return re.search(r"\d{6}", got[-1]["body"])[0]


class TestSms:
    def test_a_code_opens_a_session_of_the_first_level(self, client, gateway):
        sent = client.post("/account/sms/", {"username": "wang"})
        assert "验证码已发出" in sent.content.decode()
        assert gateway[0]["to"] == identity.account_named("wang").person.mobile
        assert client.post("/account/sms/", {"username": "wang", "code": code_of(gateway)}).status_code == 302
        held = LoginSession.objects.filter(account=identity.account_named("wang")).order_by("id").last()
        assert (held.way, held.level) == ("sms", 1)

    def test_an_unknown_account_gets_the_same_words_and_no_message(self, client, gateway):
        known, unknown = (client.post("/account/sms/", {"username": name}).content.decode() for name in ("wang", "nobody-here"))
        assert known.replace("wang", "").count("验证码已发出") == unknown.count("验证码已发出") == 1
        assert len(gateway) == 1

    def test_a_second_code_within_a_minute_is_not_sent(self, client, gateway):
        for _n in range(3):
            client.post("/account/sms/", {"username": "wang"})
        assert len(gateway) == 1
        with clock.at(clock.now() + timedelta(seconds=61)):
            client.post("/account/sms/", {"username": "wang"})
        assert len(gateway) == 2

    def test_it_works_once_and_for_five_minutes(self, client, gateway):
        client.post("/account/sms/", {"username": "wang"})
        code = code_of(gateway)
        with clock.at(clock.now() + timedelta(minutes=5, seconds=1)):
            assert client.post("/account/sms/", {"username": "wang", "code": code}).status_code == 401
            client.post("/account/sms/", {"username": "wang"})
            fresh = code_of(gateway)
            assert client.post("/account/sms/", {"username": "wang", "code": fresh}).status_code == 302
            client.logout()
            assert client.post("/account/sms/", {"username": "wang", "code": fresh}).status_code == 401

    def test_five_wrong_codes_end_it_and_lock_the_account(self, client, gateway):
        client.post("/account/sms/", {"username": "wang"})
        code = code_of(gateway)
        wrong = f"{(int(code) + 1) % 10**6:06d}"
        for _n in range(5):
            client.post("/account/sms/", {"username": "wang", "code": wrong})
        assert not Factor.objects.filter(kind="sms").exists()
        refused = client.post("/account/sms/", {"username": "wang", "code": code})
        assert refused.status_code == 401
        assert identity.account_named("wang").failures == 5

    def test_whoever_set_up_codes_is_asked_for_one_too(self, client, gateway):
        wang = province.official("wang")
        seed, _address = factors.begin_totp(wang)
        factors.confirm_totp(wang, code=pyotp.TOTP(seed).at(clock.now()))
        client.post("/account/sms/", {"username": "wang"})
        answer = client.post("/account/sms/", {"username": "wang", "code": code_of(gateway)})
        assert answer["Location"] == "/account/second/"
        with clock.at(clock.now() + timedelta(seconds=60)):
            assert client.post("/account/second/", {"code": pyotp.TOTP(seed).at(clock.now())}).status_code == 302
        assert LoginSession.objects.filter(account=wang.account).order_by("id").last().way == "sms+totp"

    def test_an_administrator_by_text_message_administers_nothing(self, client, gateway, settings):
        settings.STRONG_LOGIN = True
        client.post("/account/sms/", {"username": "he"})
        client.post("/account/sms/", {"username": "he", "code": code_of(gateway)})
        assert client.get("/security/").status_code == 403

    def test_without_a_gateway_the_page_says_so(self, client):
        answer = client.post("/account/sms/", {"username": "wang"})
        assert "尚未接入短信通道" in answer.content.decode()

    def test_the_code_lies_nowhere_in_the_clear(self, client, gateway):
        client.post("/account/sms/", {"username": "wang"})
        assert code_of(gateway).encode() not in bytes(Factor.objects.get(kind="sms").secret)


def certificate(name="王合成", *, begun=-1, ended=300):
    key = ec.generate_private_key(ec.SECP256R1())
    now = clock.now()
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=begun)).not_valid_after(now + timedelta(days=ended)).sign(key, hashes.SHA256())
    )  # fmt: skip
    return made.public_bytes(Encoding.PEM).decode()


def headers(pem, verified="SUCCESS"):
    return {"HTTP_X_CLIENT_CERT": quote(pem), "HTTP_X_CLIENT_VERIFY": verified}


class TestCertificate:
    @pytest.fixture(autouse=True)
    def balancer(self, settings):
        settings.PROXIES = [ip_network("127.0.0.0/8")]

    def test_registered_once_it_logs_in_with_two_proofs(self, client, as_persona):
        pem = certificate()
        wang = as_persona("wang")
        assert "登记当前证书" in wang.get("/account/own/security/", **headers(pem)).content.decode()
        assert wang.post("/account/own/security/certificate/", **headers(pem)).status_code == 302
        wang.logout()
        assert "用数字证书登录" in client.get("/account/login/", **headers(pem)).content.decode()
        assert client.post("/account/certificate/", **headers(pem)).status_code == 302
        held = LoginSession.objects.filter(account=identity.account_named("wang")).order_by("id").last()
        assert (held.way, held.level) == ("certificate", 2)

    def test_one_that_nobody_registered(self, client):
        assert client.post("/account/certificate/", **headers(certificate())).status_code == 401

    @pytest.mark.parametrize("told", [{}, {"HTTP_X_CLIENT_CERT": "nonsense", "HTTP_X_CLIENT_VERIFY": "SUCCESS"}])
    def test_none_or_nonsense(self, client, told):
        assert client.post("/account/certificate/", **told).status_code == 401

    def test_what_the_balancer_did_not_verify_does_not_count(self, client):
        pem = certificate()
        doors.add_certificate(province.official("wang"), pem=pem)
        assert client.post("/account/certificate/", **headers(pem, "FAILED:self-signed")).status_code == 401

    def test_headers_from_anyone_but_the_balancer_do_not_count(self, client, settings):
        pem = certificate()
        doors.add_certificate(province.official("wang"), pem=pem)
        assert client.post("/account/certificate/", REMOTE_ADDR="203.0.113.7", **headers(pem)).status_code == 401
        settings.PROXIES = []
        assert client.post("/account/certificate/", **headers(pem)).status_code == 401

    def test_expired_and_future_ones(self, client):
        with pytest.raises(Invalid):
            doors.add_certificate(province.official("wang"), pem=certificate(begun=-90, ended=-1))
        with pytest.raises(Invalid):
            doors.add_certificate(province.official("wang"), pem=certificate(begun=5))
        pem = certificate(ended=2)
        doors.add_certificate(province.official("wang"), pem=pem)
        with clock.at(clock.now() + timedelta(days=30)):
            assert client.post("/account/certificate/", **headers(pem)).status_code == 401

    def test_nobody_registers_anothers(self):
        pem = certificate()
        doors.add_certificate(province.official("wang"), pem=pem)
        with pytest.raises(Conflict):
            doors.add_certificate(province.official("zhang"), pem=pem)

    def test_it_is_removed_like_any_proof_and_is_no_second_one(self):
        wang = province.official("wang")
        made = doors.add_certificate(wang, pem=certificate())
        assert identity.second_proofs(identity.account_named("wang")) == set()
        factors.remove_factor(wang, factor=made.id)
        assert identity.factors(wang) == []
