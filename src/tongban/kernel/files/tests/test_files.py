"""What may come in, decided by content; the scanner's three answers."""

import io
import socketserver
import struct
import threading

import pytest

from tongban.config import province
from tongban.kernel.files import commands, queries, rules, scanners
from tongban.lib.errors import Invalid, NotFound, Unavailable
from tongban.lib.sample import sample_pdf

EICAR = b"%PDF-1.7 EICAR-STANDARD-ANTIVIRUS-TEST-FILE"


class TestRules:
    @pytest.mark.parametrize(
        ("head", "media"),
        [(b"%PDF-1.7", "application/pdf"), (b"\xff\xd8\xff\xe0", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"), (b"PK\x03\x04", "application/zip"), (b"MZ", ""), (b"", "")],
    )  # fmt: skip
    def test_the_first_bytes_say_what_it_is(self, head, media):
        assert rules.sniff(head) == media

    @pytest.mark.parametrize(
        ("name", "head", "size", "fault"),
        [
            ("a.pdf", b"%PDF-", 10, ""), ("a.PDF", b"%PDF-", 10, ""), ("a.docx", b"PK\x03\x04", 10, ""), ("a.pdf", b"%PDF-", 0, "empty"),
            ("a.pdf", b"%PDF-", 101, "too-large"), ("a.svg", b"<svg", 10, "ending"), ("a", b"%PDF-", 10, "ending"), ("a.pdf", b"PK\x03\x04", 10, "content"),
            ("a.pdf.exe", b"MZ", 10, "ending"), ("a.exe.pdf", b"MZ", 10, "content"),
        ],
    )  # fmt: skip
    def test_what_may_not_come_in(self, name, head, size, fault):
        assert rules.fault(name, head, size, 100) == fault

    @pytest.mark.parametrize(
        ("name", "safe"),
        [("../../etc/passwd", "passwd"), ("C:\\x\\营业执照.pdf", "营业执照.pdf"), ("a\r\nb.pdf", "ab.pdf"), ("", "file"), ("  ", "file"), ("a" * 200 + ".pdf", "a" * 116 + ".pdf")],
    )  # fmt: skip
    def test_names_are_made_harmless(self, name, safe):
        assert rules.safe_name(name) == safe
        assert len(rules.safe_name(name)) <= 120

    def test_office_documents_are_told_apart_by_their_ending(self):
        assert "wordprocessing" in rules.media_type("a.docx", b"PK\x03\x04")
        assert rules.media_type("a.pdf", b"%PDF-") == "application/pdf"


@pytest.fixture
def clamd(tmp_path):
    """A clamd that speaks INSTREAM on a unix socket and finds the test signature."""
    got = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            assert self.rfile.read(10) == b"zINSTREAM\0"
            content = b""
            while size := struct.unpack(">I", self.rfile.read(4))[0]:
                content += self.rfile.read(size)
            got.append(content)
            answer = b"stream: Eicar-Test-Signature FOUND" if b"EICAR" in content else b"stream: ERROR" if b"BROKEN" in content else b"stream: OK"
            self.wfile.write(answer + b"\0")

    server = socketserver.ThreadingUnixStreamServer(str(tmp_path / "clamd"), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield str(tmp_path / "clamd"), got
    server.shutdown()
    server.server_close()


class TestScanner:
    def test_clean_content_passes_whole_however_long(self, clamd):
        address, got = clamd
        content = b"%PDF-" + bytes(200_000)
        scanners.ClamAV(address).scan(content)
        assert got == [content]

    def test_malware_is_refused(self, clamd):
        with pytest.raises(Invalid) as told:
            scanners.ClamAV(clamd[0]).scan(EICAR)
        assert told.value.code == "malware"

    def test_a_scanner_that_cannot_tell_lets_nothing_in(self, clamd, tmp_path):
        with pytest.raises(Unavailable):
            scanners.ClamAV(clamd[0]).scan(b"BROKEN")
        with pytest.raises(Unavailable):
            scanners.ClamAV(str(tmp_path / "nobody")).scan(b"x")

    def test_the_null_scanner_says_that_it_is_one(self, settings):
        settings.CLAMAV_SOCKET = ""
        one = scanners.scanner()
        one.scan(EICAR)
        assert "no scanner" in one.name


@pytest.mark.django_db
class TestKeeping:
    def keep(self, body, name="a.pdf", actor=None):
        return commands.keep_file(actor or province.citizen(), name=name, stream=io.BytesIO(body), size=len(body))

    def test_malware_leaves_no_trace(self, clamd, settings, tmp_path):
        settings.CLAMAV_SOCKET, settings.DATA_DIR = clamd[0], tmp_path / "data"
        with pytest.raises(Invalid):
            self.keep(EICAR)
        assert not [p for p in (tmp_path / "data").rglob("*") if p.is_file()]

    def test_which_scanner_saw_it_is_kept(self, clamd, settings, tmp_path):
        settings.CLAMAV_SOCKET, settings.DATA_DIR = clamd[0], tmp_path / "data"
        assert self.keep(sample_pdf("合成数据")).document.scanned_by == "clamav"

    def test_another_persons_file_is_not_found(self, settings, tmp_path):
        settings.DATA_DIR = tmp_path
        kept = self.keep(sample_pdf("合成数据"))
        with pytest.raises(NotFound):
            queries.file(province.citizen("wang"), str(kept.id))

    @pytest.mark.parametrize("key", ["x", "00000000-0000-0000-0000-000000000000", "../../etc"])
    def test_a_key_that_names_nothing_is_not_found(self, key):
        with pytest.raises(NotFound):
            queries.file(province.citizen(), key)
