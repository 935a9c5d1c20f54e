"""SM2 requests, certificates, chains, PKCS#12: against OpenSSL both ways, and against whatever someone hands in."""

import shutil
import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tongban.lib.sm import SigningKey, certificates
from tongban.lib.sm.certificates import BadCertificate

NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
CA, KEY = SigningKey.generate(), SigningKey.generate()
OPENSSL = pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl command on this machine")


def root(**more):
    told = {"public": CA.public, "common_name": "通办根", "serial": 1, "begins": NOW - timedelta(days=1), "days": 3650, "authority": True}
    return certificates.read(certificates.issue(CA, "通办根", **{**told, **more}))


def leaf(ca=CA, name="通办根", **more):
    told = {"public": KEY.public, "common_name": "某系统（合成）", "serial": 2, "begins": NOW - timedelta(days=1), "days": 365}
    return certificates.read(certificates.issue(ca, name, **{**told, **more}))


def openssl(*arguments, **more):
    return subprocess.run(["openssl", *arguments], capture_output=True, check=False, **more)


class TestRequests:
    def test_a_request_names_its_key_and_is_signed_by_it(self):
        told = certificates.request(KEY, common_name="某系统（合成）", organization="某厅（合成）")
        assert certificates.read_request(told) == ("某系统（合成）", KEY.public)

    def test_a_changed_one_is_refused(self):
        der = bytearray(certificates._der(certificates.request(KEY, common_name="abc"), "CERTIFICATE REQUEST"))
        der[der.index(b"abc")] = ord("x")
        with pytest.raises(BadCertificate, match="not signed"):
            certificates.read_request(bytes(der))

    @OPENSSL
    def test_openssl_accepts_ours(self, tmp_path):
        (tmp_path / "r.pem").write_text(certificates.request(KEY, common_name="gate", organization="x"))
        done = openssl("req", "-in", str(tmp_path / "r.pem"), "-verify", "-noout", "-vfyopt", "distid:1234567812345678")
        assert done.returncode == 0, done.stderr
        assert b"OK" in done.stdout + done.stderr

    @OPENSSL
    def test_we_accept_openssls(self, tmp_path):
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:SM2", "-out", str(tmp_path / "k.pem"))
        made = openssl(
            "req", "-new", "-key", str(tmp_path / "k.pem"), "-subj", "/CN=gate", "-sm3", "-sigopt", "distid:1234567812345678", "-out", str(tmp_path / "r.pem")
        )
        assert made.returncode == 0, made.stderr
        assert certificates.read_request((tmp_path / "r.pem").read_text())[0] == "gate"


class TestCertificates:
    def test_what_is_written_is_read(self):
        one = leaf()
        assert (one.public, one.serial, one.authority) == (KEY.public, 2, False)
        assert one.valid_at(NOW)
        assert not one.valid_at(NOW + timedelta(days=365))
        assert "某系统（合成）" in one.subject

    def test_signed_by_its_authority_alone(self):
        assert certificates.signed_by(leaf(), root())
        assert not certificates.signed_by(leaf(ca=KEY), root())  # another key, the same name
        assert not certificates.signed_by(leaf(name="别的根"), root())
        assert not certificates.signed_by(leaf(), leaf(public=CA.public, common_name="通办根"))  # no authority

    def test_a_chain_of_three(self):
        middle_key = SigningKey.generate()
        middle = leaf(public=middle_key.public, common_name="中级", authority=True, serial=3)
        end = leaf(ca=middle_key, name="中级", serial=4)
        chain = certificates.check_chain(end, [middle], [root()], NOW)
        assert [c.serial for c in chain] == [4, 3, 1]
        with pytest.raises(BadCertificate, match="nobody known"):
            certificates.check_chain(end, [], [root()], NOW)
        with pytest.raises(BadCertificate, match="not valid"):
            certificates.check_chain(end, [middle], [root()], NOW + timedelta(days=400))

    def test_one_bit_is_seen(self):
        one = leaf()
        der = bytearray(one.der)
        der[-10] ^= 1
        try:
            spoiled = certificates.read(bytes(der))
        except BadCertificate:
            return
        assert not certificates.signed_by(spoiled, root())

    @OPENSSL
    def test_openssl_verifies_our_chain(self, tmp_path):
        ours = certificates.issue(
            CA, "root", public=CA.public, common_name="root", serial=1, begins=datetime.now(UTC) - timedelta(days=1), days=30, authority=True
        )
        (tmp_path / "ca.pem").write_text(ours)
        (tmp_path / "leaf.pem").write_text(
            certificates.issue(CA, "root", public=KEY.public, common_name="leaf", serial=2, begins=datetime.now(UTC) - timedelta(days=1), days=30)
        )
        done = openssl("verify", "-CAfile", str(tmp_path / "ca.pem"), "-vfyopt", "distid:1234567812345678", str(tmp_path / "leaf.pem"))
        told = done.stdout + done.stderr
        assert done.returncode == 0 or b"distid" in told or b"usage" in told.lower(), told
        shown = openssl("x509", "-in", str(tmp_path / "leaf.pem"), "-noout", "-text")
        assert b"SM2-with-SM3" in shown.stdout, shown.stderr

    @settings(max_examples=150)
    @given(st.binary(max_size=300))
    def test_anything_is_a_certificate_or_says_that_it_is_none(self, content):
        for read in (certificates.read, certificates.read_request, lambda c: certificates.read_pkcs12(c, b"x")):
            with pytest.raises(BadCertificate):
                read(content)

    @settings(max_examples=150, deadline=None)
    @given(st.integers(0, 10**6), st.integers(0, 7))
    def test_a_flipped_bit_never_verifies(self, place, bit):
        one = leaf()
        der = bytearray(one.der)
        der[place % len(der)] ^= 1 << bit
        try:
            spoiled = certificates.read(bytes(der))
        except BadCertificate:
            return
        assert not certificates.signed_by(spoiled, root())


@OPENSSL
class TestPkcs12:
    @pytest.fixture(scope="class")
    def files(self, tmp_path_factory):
        folder = tmp_path_factory.mktemp("p12")
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:SM2", "-out", str(folder / "k.pem"))
        openssl(
            "req",
            "-new",
            "-x509",
            "-key",
            str(folder / "k.pem"),
            "-subj",
            "/CN=gate",
            "-sm3",
            "-sigopt",
            "distid:1234567812345678",
            "-days",
            "30",
            "-out",
            str(folder / "c.pem"),
        )
        for name, more in (("aes", ()), ("sm4", ("-keypbe", "SM4-CBC", "-certpbe", "SM4-CBC")), ("sha1", ("-macalg", "sha1"))):
            done = openssl(
                "pkcs12",
                "-export",
                "-inkey",
                str(folder / "k.pem"),
                "-in",
                str(folder / "c.pem"),
                "-passout",
                "pass:口令",
                "-out",
                str(folder / f"{name}.p12"),
                *more,
            )
            if done.returncode and name != "sm4":
                pytest.fail(done.stderr.decode())
        return folder

    @pytest.mark.parametrize("name", ["aes", "sm4", "sha1"])
    def test_key_and_certificate_fit_and_sign(self, files, name):
        if not (files / f"{name}.p12").exists() or not (files / f"{name}.p12").stat().st_size:
            pytest.skip("this openssl writes no such file")
        key, held = certificates.read_pkcs12((files / f"{name}.p12").read_bytes(), "口令".encode())
        [one] = held
        assert one.public == key.public
        from tongban.lib.sm import verify

        assert verify(one.public, b"hello", key.sign(b"hello"))

    def test_another_passphrase_and_a_changed_file(self, files):
        content = (files / "aes.p12").read_bytes()
        with pytest.raises(BadCertificate, match="passphrase"):
            certificates.read_pkcs12(content, b"wrong")
        spoiled = bytearray(content)
        spoiled[200] ^= 1
        with pytest.raises(BadCertificate):
            certificates.read_pkcs12(bytes(spoiled), "口令".encode())
