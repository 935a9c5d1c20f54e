"""Targets, sealed objects, pieces of the log, the manifest."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongban.lib.offsite import base, manifest, wal
from tongban.lib.offsite.targets import Folder, Unreachable, open_target
from tongban.lib.offsite.vault import Vault
from tongban.lib.sm import Tampered
from tongban.lib.sm.keystore import Keystore


@pytest.fixture
def vault(tmp_path):
    store = Keystore.open(tmp_path / "keystore.json", b"passphrase")
    key = store.current("backup", lambda: ("SM4", b"k" * 16), now="2026-11-24")
    return Vault(Folder(tmp_path / "off"), key, store.by_id)


class TestFolder:
    def test_an_object_is_whole_or_absent(self, tmp_path):
        target = open_target(str(tmp_path / "x"))
        assert target.names("wal") == []
        with pytest.raises(KeyError):
            target.get("wal/1")
        target.put("wal/1", b"a")
        target.put("wal/0", b"b")
        target.put("wal/1", b"c")
        assert (target.names("wal"), target.get("wal/1")) == (["wal/0", "wal/1"], b"c")
        target.delete("wal/1")
        target.delete("wal/1")
        assert target.names("") == ["wal/0"]

    @pytest.mark.parametrize("name", ["../x", "/etc/x", "a/../../x", ""])
    def test_no_name_leads_out(self, tmp_path, name):
        with pytest.raises(ValueError, match="not a name"):
            Folder(tmp_path).put(name, b"")

    def test_what_cannot_be_written_is_told(self, tmp_path):
        (tmp_path / "file").write_bytes(b"")
        with pytest.raises(Unreachable):
            Folder(tmp_path / "file").put("a", b"")

    @pytest.mark.parametrize("address", ["ftp://x/y", "http://x"])
    def test_other_addresses_are_refused(self, address):
        with pytest.raises(Unreachable, match="needed"):
            open_target(address)


class TestVault:
    def test_what_went_out_comes_back_and_cannot_be_read(self, vault):
        vault.put("wal/a", b"secret" * 100)
        assert vault.get("wal/a") == b"secret" * 100
        assert b"secret" not in vault.target.get("wal/a")

    def test_moved_or_changed_objects_do_not_open(self, vault):
        vault.put("wal/a", b"x")
        vault.target.put("wal/b", vault.target.get("wal/a"))
        with pytest.raises(Tampered):
            vault.get("wal/b")
        changed = bytearray(vault.target.get("wal/a"))
        changed[-1] ^= 1
        vault.target.put("wal/a", bytes(changed))
        with pytest.raises(Tampered):
            vault.get("wal/a")


class TestLog:
    def test_names_are_postgresqls(self):
        assert wal.segment_name(1, wal.position("0/16B3748")) == "000000010000000000000001"
        assert wal.segment_name(3, wal.position("2/FF000000")) == "0000000300000002000000FF"
        assert wal.text(wal.position("2/FF0000AB")) == "2/FF0000AB"
        assert wal.segment_start("0000000300000002000000FF") == wal.position("2/FF000000")

    @given(st.integers(0, 4 * wal.SEGMENT), st.lists(st.integers(1, wal.SEGMENT), min_size=1, max_size=12))
    def test_what_is_shipped_step_by_step_is_whole(self, first, steps):
        pieces, at = [], first - first % wal.SEGMENT
        for step in steps:
            sent = wal.unshipped(1, at, at + step)
            assert sum(p.end - p.start for p in sent) == step
            pieces += sent
            at += step
        again = [wal.Piece.of(p.name) for p in pieces]
        chains, reached = wal.whole(again, first, 1)
        assert reached == at
        assert all(chain[0].start == 0 for chain in chains)

    def test_pieces_that_were_sent_twice_join_and_a_gap_ends(self):
        name = wal.segment_name(1, 0)
        twice = [wal.Piece(name, 0, 100), wal.Piece(name, 60, 250), wal.Piece(name, 100, 200)]
        assert wal.whole(twice, 0, 1)[1] == 250
        assert wal.whole([wal.Piece(name, 0, 100), wal.Piece(name, 101, 200)], 0, 1)[1] == 100
        assert wal.whole([wal.Piece(wal.segment_name(1, wal.SEGMENT), 0, 9)], 0, 1) == ([], 0)


def test_pieces_read_as_one_stream():
    stream = base.Pieces(iter([b"abc", b"defg", b"h"]))
    assert [stream.read(2), stream.read(4), stream.read(100), stream.read(1)] == [b"ab", b"cdef", b"gh", b""]


class TestManifest:
    @pytest.fixture
    def cluster(self, tmp_path):
        folder = tmp_path / "cluster"
        (folder / "base").mkdir(parents=True)
        (folder / "PG_VERSION").write_bytes(b"18\n")
        (folder / "base" / "1").write_bytes(b"rows")
        files = [
            {"Path": p, "Size": len(c), "Checksum-Algorithm": "SHA256", "Checksum": hashlib.sha256(c).hexdigest()}
            for p, c in (("PG_VERSION", b"18\n"), ("base/1", b"rows"))
        ]
        ranges = [{"Timeline": 2, "Start-LSN": "0/2000028", "End-LSN": "0/2000100"}]
        told = json.dumps({"Files": files, "WAL-Ranges": ranges})[:-1] + ",\n"
        digest = hashlib.sha256(told.encode()).hexdigest()
        return folder, (told + f'"Manifest-Checksum": "{digest}"}}\n').encode()

    def test_a_whole_backup_has_no_fault(self, cluster):
        assert manifest.check(*cluster) == []
        assert manifest.start_position(cluster[1]) == (2, "0/2000028", "0/2000100")

    def test_missing_changed_longer_and_foreign_files_are_named(self, cluster):
        folder, told = cluster
        (folder / "PG_VERSION").write_bytes(b"17\n")
        (folder / "base" / "1").unlink()
        (folder / "base" / "2").write_bytes(b"")
        assert manifest.check(folder, told) == ["PG_VERSION: changed", "base/1: missing", "base/2: does not belong to the backup"]
        (folder / "PG_VERSION").write_bytes(b"18\n\n")
        assert "4 bytes, 3 expected" in manifest.check(folder, told)[0]

    def test_a_changed_manifest_is_found(self, cluster):
        folder, told = cluster
        assert "the manifest itself was changed" in manifest.check(folder, told.replace(b'"Size": 4', b'"Size": 5'))
