"""The keystore under a hardware module, played by SoftHSM2: the key that opens it never leaves the token."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tongban.lib.sm import module
from tongban.lib.sm.keystore import Keystore, WrongPassphrase

LIBRARY = next((p for p in ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so") if Path(p).exists()), "")
PIN = b"135790"
NOW = "2026-11-24T10:00:00+08:00"

pytestmark = pytest.mark.skipif(not LIBRARY or not shutil.which("softhsm2-util"), reason="apt-get install softhsm2")


@pytest.fixture(scope="module")
def _token(tmp_path_factory):
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    config = folder / "softhsm2.conf"
    config.write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(config)  # read once by the library, at its first call
    told = ["softhsm2-util", "--init-token", "--free", "--label", "tongban", "--pin", PIN.decode(), "--so-pin", "99999999"]
    subprocess.run(told, check=True, capture_output=True)
    return folder


@pytest.fixture
def token(_token, monkeypatch):
    monkeypatch.setenv("TONGBAN_PKCS11_MODULE", LIBRARY)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "keystore.json"


def test_a_keystore_moved_there_opens_with_the_pin_alone(token, path):
    store = Keystore.open(path, b"a passphrase")
    key = store.current("files", lambda: ("SM4", os.urandom(16)), now=NOW)
    label = store.move_to_module(PIN, token="tongban")
    again = Keystore.open(path, PIN)
    assert again.by_id(key.id) == key
    assert again.rotate("files", lambda: ("SM4", os.urandom(16)), now=NOW).id != key.id
    assert label in path.read_text()
    for wrong in (b"a passphrase", b"000000"):
        with pytest.raises(WrongPassphrase):
            Keystore.open(path, wrong)


def test_the_key_cannot_be_taken_out(token, path):
    import pkcs11

    label = Keystore.open(path, b"x").move_to_module(PIN, token="tongban")
    with pkcs11.lib(LIBRARY).get_token(token_label="tongban").open(user_pin=PIN.decode()) as session:
        key = session.get_key(label=label)
        assert key[pkcs11.Attribute.EXTRACTABLE] is False
        with pytest.raises(pkcs11.AttributeSensitive):
            key[pkcs11.Attribute.VALUE]


@pytest.mark.parametrize("change", [("wrapped", "00" * 32), ("nonce", "11" * 12)])
def test_a_changed_file_does_not_open(token, path, change):
    Keystore.open(path, b"x").move_to_module(PIN, token="tongban")
    document = json.loads(path.read_text())
    document["kdf"][change[0]] = change[1]
    path.write_text(json.dumps(document))
    with pytest.raises(WrongPassphrase):
        Keystore.open(path, PIN)


def test_back_to_a_passphrase(token, path):
    store = Keystore.open(path, b"x")
    key = store.current("files", lambda: ("SM4", os.urandom(16)), now=NOW)
    store.move_to_module(PIN, token="tongban")
    Keystore.open(path, PIN).change_passphrase(b"paper")
    assert Keystore.open(path, b"paper").by_id(key.id) == key


def test_what_is_missing_is_named(token, path, monkeypatch):
    store = Keystore.open(path, b"x")
    with pytest.raises(module.Unavailable, match="no-such-token"):
        store.move_to_module(PIN, token="no-such-token")
    label = store.move_to_module(PIN, token="tongban")
    document = json.loads(path.read_text())
    document["kdf"]["label"] = "tongban-gone"
    path.write_text(json.dumps(document))
    with pytest.raises(module.Unavailable, match="tongban-gone"):
        Keystore.open(path, PIN)
    document["kdf"]["label"] = label
    path.write_text(json.dumps(document))
    monkeypatch.delenv("TONGBAN_PKCS11_MODULE")
    with pytest.raises(module.Unavailable, match="TONGBAN_PKCS11_MODULE"):
        Keystore.open(path, PIN)
