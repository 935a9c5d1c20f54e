"""Backups over SFTP and S3, against a real SFTP server and a real S3 protocol on loopback: each object, then a whole installation."""

import os
import socket
import threading
import time
from pathlib import Path

import paramiko
import pytest
from moto.server import ThreadedMotoServer

from tests.test_group import Installation
from tests.test_recovery import WORD, wait_for, words_of, write
from tongban.lib.errors import Unavailable
from tongban.lib.offsite.targets import Unreachable, open_target

PASSWORD = "for the test only"


class Rooted(paramiko.SFTPServerInterface):
    """Files below one folder, as the system keeps them."""

    root = Path()

    def _path(self, name):
        return str(self.root) + self.canonicalize(name)

    def stat(self, path):
        try:
            return paramiko.SFTPAttributes.from_stat(Path(self._path(path)).stat())
        except OSError as fault:
            return paramiko.SFTPServer.convert_errno(fault.errno)

    lstat = stat

    def list_folder(self, path):
        try:
            return [paramiko.SFTPAttributes.from_stat(e.stat(), e.name) for e in os.scandir(self._path(path))]
        except OSError as fault:
            return paramiko.SFTPServer.convert_errno(fault.errno)

    def open(self, path, flags, attr):
        try:
            handle = os.open(self._path(path), flags, 0o600)
        except OSError as fault:
            return paramiko.SFTPServer.convert_errno(fault.errno)
        made = paramiko.SFTPHandle(flags)
        made.readfile = made.writefile = os.fdopen(handle, "r+b" if flags & (os.O_WRONLY | os.O_RDWR) == os.O_RDWR else "wb" if flags & os.O_WRONLY else "rb")
        return made

    def _do(self, work, *paths):
        try:
            work(*(self._path(p) for p in paths))
        except OSError as fault:
            return paramiko.SFTPServer.convert_errno(fault.errno)
        return paramiko.SFTP_OK

    def remove(self, path):
        return self._do(os.remove, path)

    def rename(self, oldpath, newpath):
        return paramiko.SFTP_FAILURE if Path(self._path(newpath)).exists() else self._do(os.rename, oldpath, newpath)

    def posix_rename(self, oldpath, newpath):
        return self._do(os.replace, oldpath, newpath)

    def mkdir(self, path, attr):
        return self._do(os.mkdir, path)


class Door(paramiko.ServerInterface):
    def check_auth_password(self, username, password):
        return paramiko.AUTH_SUCCESSFUL if password == PASSWORD else paramiko.AUTH_FAILED

    def check_channel_request(self, kind, chanid):
        return paramiko.OPEN_SUCCEEDED

    def get_allowed_auths(self, username):
        return "password"


@pytest.fixture(scope="module")
def sftp(tmp_path_factory):
    root = tmp_path_factory.mktemp("sftp")
    served = type("Served", (Rooted,), {"root": root})
    listener = socket.create_server(("127.0.0.1", 0))
    key = paramiko.RSAKey.generate(2048)
    open_ones = []

    def serve():
        while True:
            try:
                link, _peer = listener.accept()
            except OSError:
                return
            transport = paramiko.Transport(link)
            transport.add_server_key(key)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, served)
            transport.start_server(server=Door())
            open_ones.append(transport)

    threading.Thread(target=serve, daemon=True).start()
    yield f"sftp://backup@127.0.0.1:{listener.getsockname()[1]}/site"
    listener.close()
    for transport in open_ones:
        transport.close()


@pytest.fixture(scope="module")
def s3():
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    _host, port = server.get_host_and_port()
    yield f"http://127.0.0.1:{port}"
    server.stop()


@pytest.fixture
def remote(sftp, s3, monkeypatch):
    settings = remote_settings(s3)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    make_bucket(s3)
    return {"sftp": sftp, "s3": "s3://offsite/province"}


def remote_settings(s3):
    return {
        "TONGBAN_SFTP_PASSWORD": PASSWORD, "TONGBAN_S3_ENDPOINT": s3, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "cn-east-1", "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1",
    }  # fmt: skip


def make_bucket(s3):
    import boto3

    boto3.client("s3", endpoint_url=s3, aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1").create_bucket(Bucket="offsite")


def test_large_files_lie_in_s3_by_address_alone(remote, settings, monkeypatch):
    from tongban.kernel.files import chunks

    content = bytes(range(256)) * 40_000
    settings.OBJECTS = remote["s3"] + "/objects"
    out = chunks.Writer("0b5e7d1c-large")
    for start in range(0, len(content), 777_777):
        out.write(content[start : start + 777_777])
    out.ended()
    assert chunks.held("0b5e7d1c-large") == {0, 1, 2}
    assert chunks.Reader("0b5e7d1c-large", len(content)).read() == content
    assert content[:1000] not in open_target(settings.OBJECTS).get("0b/0b5e7d1c-large/000000"), "sealed there"
    chunks.destroy("0b5e7d1c-large")
    assert not chunks.held("0b5e7d1c-large")
    settings.OBJECTS = "s3://offsite/other"
    monkeypatch.setenv("TONGBAN_S3_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(Unavailable):
        chunks.put("x", 0, b"x")


@pytest.mark.parametrize("kind", ["sftp", "s3"])
class TestObjects:
    def test_what_is_put_comes_back_and_is_replaced_whole(self, remote, kind):
        target = open_target(remote[kind])
        for content in (b"first", b"", bytes(range(256)) * 40_000, b"last"):
            target.put("base/20261124/data/000000", content)
            assert open_target(remote[kind]).get("base/20261124/data/000000") == content

    def test_names_are_listed_in_order_and_go(self, remote, kind):
        target = open_target(remote[kind])
        for name in ("wal/b", "wal/a", "walnut/c"):
            target.put(name, b"x")
        assert target.names("wal") == ["wal/a", "wal/b"]
        target.delete("wal/a")
        target.delete("wal/a")
        assert target.names("wal") == ["wal/b"]
        assert target.names("nothing") == []

    def test_what_is_not_there_is_no_fault_of_the_line(self, remote, kind):
        with pytest.raises(KeyError):
            open_target(remote[kind]).get("base/none")


def test_a_wrong_password_and_a_silent_host_are_told(remote, monkeypatch):
    monkeypatch.setenv("TONGBAN_SFTP_PASSWORD", "wrong")
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1"):
        open_target(remote["sftp"])
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("TONGBAN_S3_ENDPOINT", f"http://127.0.0.1:{closed.getsockname()[1]}")
        with pytest.raises(Unreachable):
            open_target("s3://offsite/x").put("a", b"b")


def test_an_installation_ships_to_one_and_is_copied_to_the_other_and_restored_from_both(sftp, s3, tmp_path_factory):
    """The one-off copy must not break the chain of what is shipped all the time."""
    home = tmp_path_factory.mktemp("remote")
    for folder in (home, *home.parents):
        if folder.stat().st_uid == os.getuid() and "pytest" in str(folder):
            folder.chmod(0o755)
    settings, sftp = {**remote_settings(s3), "TONGBAN_KEY_PASSPHRASE": WORD}, sftp.replace("/site", "/whole")
    make_bucket(s3)
    primary = Installation(home / "primary", TONGBAN_BACKUP="s3://offsite/all", **settings)
    try:
        up = primary.run("up", "--detach", "--no-demo")
        assert up.returncode == 0, up.stdout + up.stderr
        write(primary, "row-1")
        done = primary.run("backup", "--to", sftp)
        assert done.returncode == 0, done.stdout + done.stderr
        write(primary, "row-2")
        wait_for(lambda: "base 2" in (primary.data / "logs" / "shipper.log").read_text())
        time.sleep(3)  # longer than a round
    finally:
        primary.run("down")
    for name, address, expected in (("from-s3", "s3://offsite/all", {"row-1", "row-2"}), ("from-sftp", sftp, {"row-1"})):
        copy = Installation(home / name, **settings)
        back = copy.run("restore", "--from", address)
        assert back.returncode == 0, back.stdout + back.stderr
        try:
            assert copy.run("up", "--detach", "--no-demo").returncode == 0
            assert words_of(copy) == expected
        finally:
            copy.run("down")
