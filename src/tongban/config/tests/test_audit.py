"""Advisories against locked versions: OSV's ranges, lists, withdrawn ones; a database that is missing is said to be."""

import json
import zipfile

import pytest

from tongban.config import audit, places


def advisory(name="Django", **part):
    return {"id": "X-1", "summary": "a hole", "affected": [{"package": {"ecosystem": "PyPI", "name": name}, **part}]}


def ranges(*events):
    return {"ranges": [{"type": "ECOSYSTEM", "events": list(events)}]}


@pytest.mark.parametrize(
    ("version", "part", "hit"),
    [
        ("5.2.1", ranges({"introduced": "5.2"}, {"fixed": "5.2.3"}), True), ("5.2.3", ranges({"introduced": "5.2"}, {"fixed": "5.2.3"}), False),
        ("5.1", ranges({"introduced": "5.2"}, {"fixed": "5.2.3"}), False), ("9.9", ranges({"introduced": "0"}), True),
        ("4.2", ranges({"introduced": "4"}, {"fixed": "4.1"}, {"introduced": "5"}, {"fixed": "5.1"}), False),
        ("5.0", ranges({"introduced": "4"}, {"fixed": "4.1"}, {"introduced": "5"}, {"fixed": "5.1"}), True),
        ("5.2", ranges({"introduced": "5"}, {"last_affected": "5.2"}), True), ("5.3", ranges({"introduced": "5"}, {"last_affected": "5.2"}), False),
        ("5.2.1", {"versions": ["5.2.1"]}, True), ("5.2.2", {"versions": ["5.2.1"]}, False), ("5", {"ranges": [{"type": "GIT", "events": [{"introduced": "0"}]}]}, False),
    ],
)  # fmt: skip
def test_ranges(version, part, hit):
    assert bool(audit.affected(advisory(**part), {("django", version)})) == hit


def test_names_are_compared_as_the_index_does_and_other_ecosystems_left_out():
    assert audit.affected(advisory("Typing_Extensions", versions=["1"]), {("typing-extensions", "1")})
    told = advisory(versions=["1"])
    told["affected"][0]["package"]["ecosystem"] = "npm"
    assert not audit.affected(told, {("django", "1")})


def test_what_mends_it_is_named():
    [found] = audit.affected(advisory(**ranges({"introduced": "0"}, {"fixed": "5.2.3"}, {"introduced": "6"}, {"fixed": "6.1"})), {("django", "5.2")})
    assert found.fixed == "5.2.3"


def test_our_own_lock_files_are_read(tmp_path):
    said = []
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("clean.json", json.dumps(advisory("no-such-package", versions=["1"])))
        archive.writestr("broken.json", "{")
    assert audit.run(places.HOME, str(tmp_path / "all.zip"), said.append) == 0
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "hit.json").write_text(json.dumps(advisory(**ranges({"introduced": "0"}))))
    assert audit.run(places.HOME, str(tmp_path / "folder"), said.append) == 1
    assert any("django" in line.lower() and "X-1" in line for line in said)
    (tmp_path / "folder" / "hit.json").write_text(json.dumps({**advisory(**ranges({"introduced": "0"})), "withdrawn": "2026-01-01T00:00:00Z"}))
    assert audit.run(places.HOME, str(tmp_path / "folder"), said.append) == 0
    assert audit.run(places.HOME, str(tmp_path / "gone"), said.append) == 2
