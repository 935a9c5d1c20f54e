"""Villages as published; for the demo a service hall in each county, at a point that is made up."""

import csv
import gzip
from pathlib import Path

from tongban.kernel.identity.actor import Actor
from tongban.kernel.orgs import queries as orgs
from tongban.lib import areas
from tongban.rooms.data.registries.commands import geography as commands
from tongban.rooms.data.registries.models import Place, Village
from tongban.rooms.data.registries.queries import geography

HALL = "政务服务大厅"


def load_villages(folder: Path) -> int:
    """Enter the published list once."""
    if Village.objects.exists():
        return 0
    with gzip.open(folder / "villages.csv.gz", "rt", newline="") as file:
        rows = [Village(code=r["code"], name=r["name"]) for r in csv.DictReader(file)]
    return len(Village.objects.bulk_create(rows, batch_size=20_000))


def load_halls(actor: Actor) -> int:
    """名 and county are real, the point is within the county and made up."""
    if Place.objects.exists():
        return 0
    rows = []
    for county in (r for r in geography.regions() if r.level == "county"):
        lon, lat = areas.inner_point(county.geometry)
        name = f"{orgs.full_name(county.code)}{HALL}（合成位置）"
        rows.append(
            {"key": f"hall-{county.code}", "name": name, "kind": HALL, "address": orgs.full_name(county.code), "lon": round(lon, 6), "lat": round(lat, 6)}
        )
    return commands.keep_places(actor, organ="sd-svc-center", rows=rows, synthetic=True).new
