"""What may come in, decided by content; the scanner's three answers."""

import io
import socketserver
import struct
import threading

import pytest

from django.core.management import CommandError, call_command

from tongban.config import province
from tongban.kernel.files import commands, queries, rules, scanners, store
from tongban.kernel.files.models import Document
from tongban.kernel.identity.actor import system
from tongban.kernel.ledger import commands as ledger
from tongban.kernel.ledger.models import Entry
from tongban.lib import keys, sm
from tongban.lib.errors import Invalid, NotFound, Refused, Unavailable
from tongban.lib.sample import sample_pdf
from tongban.lib.sm import certificates, keystore

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

    def test_an_ending_longer_than_a_name_may_be_is_cut_too(self):
        assert len(rules.safe_name("a." + "x" * 300)) == 120

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

    def test_malware_lies_sealed_in_quarantine_and_nowhere_else(self, clamd, settings, own_data):
        settings.CLAMAV_SOCKET = clamd[0]
        with pytest.raises(Invalid):
            self.keep(EICAR)
        [held] = [p for p in (own_data / "files").rglob("*") if p.is_file()]
        assert held.parent.name == "quarantine"
        assert EICAR not in held.read_bytes()

    def test_which_scanner_saw_it_is_kept(self, clamd, settings, own_data):
        settings.CLAMAV_SOCKET = clamd[0]
        assert self.keep(sample_pdf("合成数据")).document.scanned_by == "clamav"

    def test_another_persons_file_is_not_found(self, settings, own_data):
        kept = self.keep(sample_pdf("合成数据"))
        with pytest.raises(NotFound):
            queries.file(province.citizen("wang"), str(kept.id))

    @pytest.mark.parametrize("key", ["x", "00000000-0000-0000-0000-000000000000", "../../etc"])
    def test_a_key_that_names_nothing_is_not_found(self, key):
        with pytest.raises(NotFound):
            queries.file(province.citizen(), key)


@pytest.mark.django_db
class TestKeys:
    @pytest.fixture(autouse=True)
    def _own_store(self, settings, tmp_path):
        settings.DATA_DIR = tmp_path

    def keep(self, text="合成数据"):
        body = sample_pdf(text)
        return commands.keep_file(province.citizen(), name="a.pdf", stream=io.BytesIO(body), size=len(body)), body

    def test_a_rotated_key_opens_what_it_closed_and_closes_nothing_more(self):
        old, old_body = self.keep("一")
        before = store.key().id
        commands.rotate_key(system("test"))
        new, new_body = self.keep("二")
        assert keystore.closed_by(store.place(old.document_id).read_bytes()) == before
        assert keystore.closed_by(store.place(new.document_id).read_bytes()) == store.key().id != before
        assert queries.content(old) == old_body
        assert queries.content(new) == new_body

    def test_rewrapping_moves_every_document_once(self):
        kept, body = self.keep()
        commands.rotate_key(system("test"))
        Document.objects.exclude(digest=kept.document_id).delete()
        assert commands.rewrap_files(system("test")) == 1
        assert commands.rewrap_files(system("test")) == 0
        assert keystore.closed_by(store.place(kept.document_id).read_bytes()) == store.key().id
        assert queries.content(kept) == body
        assert [e.tag for e in Entry.objects.filter(tag__startswith="files.key").order_by("id")] == ["files.key.rotated", "files.key.rewrapped"]

    def test_an_installation_from_before_the_keystore_goes_on(self, tmp_path):
        """Its open key file is taken into the keystore and removed; its documents open and can be moved."""
        kept, body = self.keep()
        plain = b"an older key 16b"
        for file in (tmp_path / "keys").iterdir():
            file.unlink()
        (tmp_path / "keys" / "files").write_bytes(plain)
        keys.forget()
        path = store.place(kept.document_id)
        path.write_bytes(sm.seal(plain, body, bound_to=kept.document_id.encode()))
        assert queries.content(kept) == body
        assert not (tmp_path / "keys" / "files").exists()
        assert store.key().material == plain
        Document.objects.exclude(digest=kept.document_id).delete()
        assert commands.rewrap_files(system("test")) == 1
        assert queries.content(kept) == body

    def test_no_key_lies_open_in_the_data_folder(self, tmp_path):
        self.keep()
        material = store.key().material
        assert all(material not in f.read_bytes() and material.hex().encode() not in f.read_bytes() for f in tmp_path.rglob("*") if f.is_file())

    def test_only_an_administrator_rotates(self):
        with pytest.raises(Refused):
            commands.rotate_key(province.official("li"))

    def test_from_the_command_line(self, capsys, monkeypatch, tmp_path):
        self.keep()
        call_command("keys", "rotate")
        call_command("keys", "list")
        told = capsys.readouterr().out
        assert "国密实现" in told
        assert told.count("files") == 2
        typed = iter(["first custodian's", "first custodian's", "second custodian's", "second custodian's", ""])
        monkeypatch.setattr("getpass.getpass", lambda _prompt: next(typed))
        call_command("keys", "passphrase")
        assert not (tmp_path / "keys" / "passphrase").exists()
        keys.forget()
        monkeypatch.setenv("TONGBAN_KEY_PASSPHRASE", "first custodian's\nsecond custodian's")
        assert len(keys.keystore().held()) == 2
        keys.forget()

    def test_a_certificate_request_for_the_ledgers_key(self, capsys):
        call_command("keys", "request", name="通办节点（合成）")
        name, public = certificates.read_request(capsys.readouterr().out)
        assert (name, public) == ("通办节点（合成）", ledger.ledger_key().public)
        keys.forget()

    @pytest.mark.parametrize("typed", [["short", "short"], ["one passphrase", "another one!!"], [""]])
    def test_a_passphrase_that_will_not_do_changes_nothing(self, monkeypatch, typed):
        self.keep()
        told = iter(typed)
        monkeypatch.setattr("getpass.getpass", lambda _prompt: next(told))
        with pytest.raises(CommandError, match="没有改动"):
            call_command("keys", "passphrase")
