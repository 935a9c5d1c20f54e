"""The bill of materials names every locked package with its hashes, and permissive licences only."""

import json

from tongban.config import cli, places, sbom

COPYLEFT = ("AGPL", "Affero", "GPL-3", "GPLv3", "GPL-2", "General Public")


def test_every_locked_package_stands_in_it(capsys):
    cli.sbom(None)
    told = json.loads(capsys.readouterr().out)
    assert (told["bomFormat"], told["specVersion"]) == ("CycloneDX", "1.6")
    locked = sbom.locked(places.HOME / "requirements" / "runtime.txt")
    names = {c["name"] for c in told["components"]}
    assert {name for name, _version, _hashes in locked} <= names
    assert all(hashes for _name, _version, hashes in locked)
    assert len({c["bom-ref"] for c in told["components"]}) == len(told["components"])


def test_licences_are_permissive_or_lesser():
    told = {c["name"]: c.get("licenses", [{}])[0].get("license", {}).get("name", "") for c in sbom.bill(places.HOME)["components"]}
    strong = {n: t for n, t in told.items() if any(c in t for c in COPYLEFT) and "Lesser" not in t and "LGPL" not in t}
    assert strong == {}
