"""Where backups go: a folder (a mounted disk of another site), SFTP, S3. Names are paths with slashes; an object is whole or absent."""

import os
from importlib import import_module
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Protocol
from urllib.parse import urlsplit


class Unreachable(Exception):
    """The target does not answer or refuses; the text says what was tried."""


class Target(Protocol):
    """What a backup needs of a store."""

    def put(self, name: str, content: bytes) -> None: ...
    def get(self, name: str) -> bytes: ...
    def names(self, prefix: str) -> list[str]: ...
    def delete(self, name: str) -> None: ...


class Folder:
    """A directory. Written beside and renamed: a power cut leaves no half object under its name."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, name: str, content: bytes) -> None:
        path = self._path(name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            fresh = path.with_name(f".{path.name}.{os.getpid()}")
            with fresh.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
        except OSError as fault:
            raise Unreachable(f"{path}: {fault.strerror}") from fault

    def get(self, name: str) -> bytes:
        try:
            return self._path(name).read_bytes()
        except FileNotFoundError as fault:
            raise KeyError(name) from fault
        except OSError as fault:
            raise Unreachable(f"{name}: {fault.strerror}") from fault

    def names(self, prefix: str) -> list[str]:
        return sorted(self._walk(prefix))

    def _walk(self, prefix: str) -> Iterator[str]:
        start = self.root / prefix
        for folder, _folders, files in os.walk(start):
            for file in files:
                if not file.startswith("."):
                    yield (Path(folder) / file).relative_to(self.root).as_posix()

    def delete(self, name: str) -> None:
        self._path(name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        parts = PurePosixPath(name).parts
        if not parts or ".." in parts or name.startswith("/"):
            raise ValueError(f"not a name of an object: {name!r}")
        return self.root.joinpath(*parts)


class Remote:
    """SFTP or S3 through fsspec. On SFTP an object is written beside and moved; S3 puts are whole by themselves."""

    def __init__(self, address: str) -> None:
        try:
            fsspec = import_module("fsspec")
        except ImportError as fault:
            raise Unreachable("SFTP and S3 need fsspec with paramiko or s3fs: start with TONGBAN_OPTIONS=1 once; a mounted folder needs nothing") from fault
        self._moves = address.startswith("sftp://")
        try:
            self._files, self._root = fsspec.core.url_to_fs(address, **_login(address))
        except Exception as fault:
            raise Unreachable(f"{urlsplit(address).scheme}://{urlsplit(address).hostname}: {fault}") from fault

    def put(self, name: str, content: bytes) -> None:
        path = f"{self._root}/{name}"
        try:
            if self._moves:
                self._files.makedirs(path.rpartition("/")[0], exist_ok=True)
                self._files.pipe_file(f"{path}.part", content)
                self._files.mv(f"{path}.part", path)
            else:
                self._files.pipe_file(path, content)
        except Exception as fault:
            raise Unreachable(f"{name}: {fault}") from fault

    def get(self, name: str) -> bytes:
        try:
            return bytes(self._files.cat_file(f"{self._root}/{name}"))
        except FileNotFoundError as fault:
            raise KeyError(name) from fault
        except Exception as fault:
            raise Unreachable(f"{name}: {fault}") from fault

    def names(self, prefix: str) -> list[str]:
        try:
            found = self._files.find(f"{self._root}/{prefix}")
        except FileNotFoundError:
            return []
        except Exception as fault:
            raise Unreachable(f"{prefix}: {fault}") from fault
        cut = len(self._root.rstrip("/")) + 1
        return sorted(str(one)[cut:] for one in found if not str(one).endswith(".part"))

    def delete(self, name: str) -> None:
        try:
            self._files.rm_file(f"{self._root}/{name}")
        except FileNotFoundError:
            return
        except Exception as fault:
            raise Unreachable(f"{name}: {fault}") from fault


def _login(address: str) -> dict[str, Any]:
    """SFTP's password and S3's endpoint stand in the environment, never in the address."""
    if address.startswith("s3://"):
        endpoint = os.environ.get("TONGBAN_S3_ENDPOINT")
        return {"skip_instance_cache": True, "client_kwargs": {"endpoint_url": endpoint} if endpoint else {}}
    word = os.environ.get("TONGBAN_SFTP_PASSWORD")
    return {"skip_instance_cache": True, **({"password": word} if word else {})}


def open_target(address: str) -> Target:
    """The store at an address: `/folder`, `file:///folder`, `sftp://user@host/folder`, `s3://bucket/prefix`; raises Unreachable."""
    scheme = urlsplit(address).scheme
    if scheme in ("sftp", "s3"):
        return Remote(address)
    if scheme not in ("", "file"):
        raise Unreachable(f"{scheme}://: a folder, sftp:// or s3:// is needed")
    return Folder(Path(address.removeprefix("file://")))
