"""PostgreSQL's backup manifest, checked here: the server's own pg_verifybackup does not run everywhere."""

import hashlib
import json
from pathlib import Path
from typing import Any

_READ = 1024 * 1024
_EXTRA = frozenset({"backup_manifest", "recovery.signal", "postgresql.auto.conf", "pg_wal"})


def check(cluster: Path, manifest: bytes) -> list[str]:
    """Compare every file's size and SHA-256 and the manifest's own; the faults in words."""
    told: dict[str, Any] = json.loads(manifest)
    faults = []
    if _own_digest(manifest) != told["Manifest-Checksum"]:
        faults.append("the manifest itself was changed")
    known = {}
    for row in told["Files"]:
        name = row["Path"] if "Path" in row else bytes.fromhex(row["Encoded-Path"]).decode()
        known[name] = row
        path = cluster / name
        if not path.is_file():
            faults.append(f"{name}: missing")
        elif path.stat().st_size != row["Size"]:
            faults.append(f"{name}: {path.stat().st_size} bytes, {row['Size']} expected")
        elif row.get("Checksum-Algorithm") == "SHA256" and _digest(path) != row["Checksum"]:
            faults.append(f"{name}: changed")
    for path in cluster.rglob("*"):
        name = path.relative_to(cluster).as_posix()
        if path.is_file() and name not in known and name.split("/")[0] not in _EXTRA:
            faults.append(f"{name}: does not belong to the backup")
    return faults


def start_position(manifest: bytes) -> tuple[int, str, str]:
    """Timeline, first and last position of the log that the backup needs."""
    [span] = json.loads(manifest)["WAL-Ranges"][-1:]
    return span["Timeline"], span["Start-LSN"], span["End-LSN"]


def _own_digest(manifest: bytes) -> str:
    """Over everything before the line of the checksum itself."""
    return hashlib.sha256(manifest[: manifest.rindex(b'"Manifest-Checksum"')]).hexdigest()


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_READ):
            digest.update(piece)
    return digest.hexdigest()
