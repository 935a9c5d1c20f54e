"""Locked packages against published advisories, offline: the export of the OSV database for PyPI, as a ZIP file or a folder of JSON files."""

import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from tongban.config import sbom

LONGEST = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Found:
    """One advisory that a locked version falls under; `fixed` is "" where no release mends it."""

    package: str
    version: str
    advisory: str
    summary: str
    fixed: str


def run(home: Path, source: str, say: Callable[[str], None]) -> int:
    """0 clean, 1 something is affected, 2 there is no database to look in."""
    if not source or not Path(source).exists():
        say(
            "没有漏洞库：请下载OSV的PyPI数据（all.zip），用 --osv 或 TONGBAN_OSV 指明。/ No advisory database: give OSV's PyPI export with --osv or TONGBAN_OSV."
        )
        return 2
    locked = {(name, version) for file in ("runtime.txt", "develop.txt") for name, version, _hashes in sbom.locked(home / "requirements" / file)}
    read, found = 0, []
    for advisory in records(Path(source)):
        read += 1
        found += affected(advisory, locked)
    for one in sorted(found, key=lambda f: (f.package, f.advisory)):
        say(f"{one.package} {one.version}  {one.advisory}  {one.summary[:100]}  {'→ ' + one.fixed if one.fixed else '尚无修复版本 / no fixed release'}")
    say(f"核对{len(locked)}个锁定的软件包、{read}条公告：{len(found)}条涉及 / {len(found)} advisories concern what is locked")
    return 1 if found else 0


def records(source: Path) -> Iterator[dict[str, Any]]:
    """Every advisory that can be read; what is none is passed over."""
    if source.is_dir():
        texts: Iterator[bytes] = (p.read_bytes() for p in sorted(source.rglob("*.json")) if p.stat().st_size <= LONGEST)
    else:
        archive = zipfile.ZipFile(source)
        texts = (archive.read(i) for i in archive.infolist() if i.filename.endswith(".json") and i.file_size <= LONGEST)
    for text in texts:
        try:
            told = json.loads(text)
        except ValueError:
            continue
        if isinstance(told, dict) and not told.get("withdrawn"):
            yield told


def affected(advisory: dict[str, Any], locked: set[tuple[str, str]]) -> list[Found]:
    """The locked packages that an advisory names."""
    found = []
    for part in advisory.get("affected", []):
        package = part.get("package", {})
        if package.get("ecosystem") != "PyPI":
            continue
        name = canonicalize_name(str(package.get("name", "")))
        for mine, version in locked:
            if canonicalize_name(mine) == name and (version in part.get("versions", []) or _in_ranges(version, part.get("ranges", []))):
                found.append(Found(mine, version, str(advisory.get("id", "")), str(advisory.get("summary", "")), _fixed(version, part.get("ranges", []))))
    return found


def _events(ranges: list[dict[str, Any]]) -> Iterator[tuple[Version, str]]:
    for one in ranges:
        if one.get("type") != "ECOSYSTEM":
            continue
        for event in one.get("events", []):
            for kind in ("introduced", "fixed", "last_affected"):
                if kind in event:
                    try:
                        yield Version("0a0" if event[kind] == "0" else event[kind]), kind
                    except InvalidVersion:
                        continue


def _in_ranges(version: str, ranges: list[dict[str, Any]]) -> bool:
    """OSV's rule: walk the events in the order of versions; the last one at or below decides."""
    mine, inside = Version(version), False
    for at, kind in sorted(_events(ranges), key=lambda e: (e[0], e[1] == "introduced")):
        if kind == "last_affected":
            inside = inside and mine <= at
        elif mine >= at:
            inside = kind == "introduced"
    return inside


def _fixed(version: str, ranges: list[dict[str, Any]]) -> str:
    later = [at for at, kind in _events(ranges) if kind == "fixed" and at > Version(version)]
    return str(min(later)) if later else ""
