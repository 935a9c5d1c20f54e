"""`tongban sbom`: what the program stands on, as CycloneDX 1.6 JSON, from the hash-locked list and the installed licences."""

import re
from importlib.metadata import PackageNotFoundError, metadata, version
from pathlib import Path
from typing import Any

_LINE = re.compile(r"^([A-Za-z0-9_.\-]+)(?:\[[^\]]*\])?==(\S+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def locked(path: Path) -> list[tuple[str, str, list[str]]]:
    """Name, version and SHA-256 of every file of each locked package."""
    found: list[tuple[str, str, list[str]]] = []
    for line in path.read_text().splitlines():
        head = _LINE.match(line)
        if head:
            found.append((head[1], head[2], []))
        if found:
            found[-1][2].extend(_HASH.findall(line))
    return found


def licence(name: str) -> str:
    """What the installed package says of its licence; "" when it is not installed or does not say."""
    try:
        told = metadata(name)
    except PackageNotFoundError:
        return ""
    classified = [c.split(" :: ")[-1] for c in told.get_all("Classifier") or [] if c.startswith("License :: ")]
    expression = (told.get_all("License-Expression") or [""])[0]
    plain = (told.get_all("License") or [""])[0].strip().split("\n")[0]
    short = expression or "; ".join(classified) or plain
    return str(short)[:120]


def bill(home: Path) -> dict[str, Any]:
    """The bill of materials: Python packages, and the browser parts that are vendored."""
    components = []
    for name, number, hashes in locked(home / "requirements" / "runtime.txt"):
        one: dict[str, Any] = {"type": "library", "name": name, "version": number, "purl": f"pkg:pypi/{name.lower()}@{number}", "bom-ref": f"{name}@{number}"}
        one["properties"] = [{"name": "tongban:sha256-of-a-distribution", "value": h} for h in hashes]
        if told := licence(name):
            one["licenses"] = [{"license": {"name": told}}]
        components.append(one)
    vendored = home / "src" / "tongban" / "ui" / "static" / "ui" / "vendor"
    for file in sorted(p for p in vendored.iterdir() if p.name.startswith("LICENSE-")):
        name = file.stem.removeprefix("LICENSE-")
        components.append({"type": "library", "name": name, "bom-ref": f"vendored/{name}", "description": "vendored; see vendor/README.md"})
    root = {"type": "application", "name": "tongban", "version": _own(), "bom-ref": "tongban", "licenses": [{"license": {"id": "Apache-2.0"}}]}
    return {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "metadata": {"component": root}, "components": components}


def _own() -> str:
    try:
        return version("tongban")
    except PackageNotFoundError:
        return "0"
