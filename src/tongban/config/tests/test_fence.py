"""Generations only grow; a higher one fences, by folder or off site; what is away proves nothing."""

import pytest

from tongban.config import fence


def test_a_fresh_installation_is_its_own_first_generation(tmp_path):
    assert fence.generation(tmp_path) == 1
    fence.check(tmp_path)


def test_fenced_by_a_higher_generation_only(tmp_path):
    fence.fence(tmp_path, by=1, successor="B")
    fence.check(tmp_path)
    fence.fence(tmp_path, by=2, successor="https://b.example")
    with pytest.raises(fence.Fenced, match="https://b"):
        fence.check(tmp_path)
    fence.raise_generation(tmp_path, 3)
    fence.check(tmp_path)


def test_fenced_by_what_stands_off_site(tmp_path, monkeypatch):
    monkeypatch.setenv("TONGBAN_BACKUP", str(tmp_path / "offsite"))
    old, new = tmp_path / "old", tmp_path / "new"
    for folder in (old, new):
        folder.mkdir()
    fence.check(old)
    (new / "keys").mkdir()
    for file in (old / "keys").iterdir():
        (new / "keys" / file.name).write_bytes(file.read_bytes())
    fence.raise_generation(new, 2)
    assert fence.announce(new, generation=2, successor="B")
    with pytest.raises(fence.Fenced):
        fence.check(old)
    fence.check(new)


def test_without_a_target_nothing_is_announced(tmp_path, monkeypatch):
    monkeypatch.delenv("TONGBAN_BACKUP", raising=False)
    assert not fence.announce(tmp_path, generation=2, successor="B")


@pytest.mark.parametrize("content", ["", "{", "[]", "null"])
def test_a_torn_note_is_no_fence(tmp_path, content):
    (tmp_path / fence.FENCED).write_text(content)
    fence.check(tmp_path)
