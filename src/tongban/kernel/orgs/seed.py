"""Load regions, boundaries and organs from data/orgs. Idempotent: a loaded table is left alone."""

import csv
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from tongban.kernel.orgs import queries, rules
from tongban.kernel.orgs.models import Organ, OrganSuccession, Region, RegionChange
from tongban.lib import codes

EDITION_2016, EDITION_2023 = date(2016, 7, 31), date(2023, 6, 30)
REFORM = date(2018, 12, 31)


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


def load_regions(source: Path) -> int:
    """Both editions joined into spans of validity."""
    if Region.objects.exists():
        return 0
    old = {r["code"]: r for r in _rows(source / "shandong_2016-07-31.csv")}
    new = {r["code"]: r for r in _rows(source / "shandong_2023-06-30.csv")}
    ended = {c[0]: c[2] for c in rules.CHANGES}
    begun = {c[1]: c[2] for c in rules.CHANGES if c[3] != "merged" or c[1] == "370614"}
    made = []
    for code, row in old.items():
        same = code in new and new[code]["name"] == row["name"]
        made.append(_region(row, None, None if same else ended.get(code, EDITION_2023)))
    for code, row in new.items():
        if code not in old or old[code]["name"] != row["name"]:
            made.append(_region(row, begun.get(code, EDITION_2016), None))
    Region.objects.bulk_create(made, batch_size=2000)
    names = {r.code: r.name for r in made}
    RegionChange.objects.bulk_create(
        RegionChange(old_code=a, old_name=names[a], new_code=b, new_name=names[b], changed_on=on, kind=kind, document=doc)
        for a, b, on, kind, doc in rules.CHANGES
    )
    _load_outlines(source)
    queries.forget()
    return len(made)


def _region(row: dict[str, str], begun: date | None, ended: date | None) -> Region:
    code = row["code"]
    return Region(
        code=code, name=row["name"], level=row["level"], parent_code=row["parent"], valid_from=begun, valid_to=ended,
        statistical=rules.is_statistical(code), abbreviation=rules.ABBREVIATIONS.get(code, ""),
    )  # fmt: skip


def _load_outlines(source: Path) -> None:
    for name in ("shandong_cities_16.geojson", "shandong_counties_136.geojson"):
        for feature in json.loads((source / name).read_text())["features"]:
            code = feature["properties"]["adcode"]
            short = code[:4] if code.endswith("00") else code
            Region.objects.filter(code=short, valid_to=None).update(outline=feature["geometry"])


def load_organs(source: Path) -> int:
    """The province's organs with the 2018 succession, then each city's and county's from the titles."""
    if Organ.objects.exists():
        return 0
    serial = iter(range(1, 100_000))
    provincial = [_provincial(row, next(serial)) for row in _rows(source / "shandong_provincial.csv")]
    local = []
    for title in _rows(source / "city_county_titles.csv"):
        for place in [p for c in queries.places("37") for p in (c, *queries.places(c.code))]:
            local.extend(_local(title, place, serial))
    Organ.objects.bulk_create(provincial + local, batch_size=2000)
    _succeed(source)
    return len(provincial) + len(local)


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _provincial(row: dict[str, str], serial: int) -> Organ:
    function = row["domain_tags"].split(";")[0]
    return Organ(
        key=row["id"], name=row["title"], short_name=row["short_name"] or row["title"], function=function,
        kind=row["kind"], level="province", region_code="37", valid_from=_day(row["valid_from"]),
        valid_to=_day(row["valid_to"]), source=row["source"][:300], verified=row["verified"] == "yes",
        credit_code=codes.make_credit_code("11", "370000", f"SYN{serial:06d}".replace("S", "A")),
        address="济南市（合成地址）", phone="12345",
    )  # fmt: skip


def _local(title: dict[str, str], place: queries.Place, serial: Iterator[int]) -> list[Organ]:
    if title[f"generate_for_{place.level}"] != "yes":
        return []
    now = title["city_title_now"] if place.level == "city" else title[
        "district_title_now" if place.name.endswith("区") else "county_title_now"
    ]  # fmt: skip
    past = title["city_title_2016"] if place.level == "city" else title["county_title_2016"]
    spans: list[tuple[str, date | None, date | None]] = [(now, None, None)] if now == past or not past else [(past, None, REFORM)]
    if now and past and now != past:
        spans.append((now, REFORM, None))
    made = []
    for template, begun, ended in spans:
        if not template:
            continue
        name = rules.title(template, place.name)
        made.append(
            Organ(
                key=f"{place.code}-{title['function_key']}" + ("-2016" if ended else ""), name=name, short_name=name,
                function=title["function_key"], kind="local organ", level=place.level, region_code=place.code,
                valid_from=begun, valid_to=ended, source=title["source"][:300], verified=False, phone="12345",
                address=f"{queries.full_name(place.code)}政务服务中心（合成地址）",
                credit_code=codes.make_credit_code("11", codes.gbt2260(place.code), f"AYN{next(serial):06d}"),
            )
        )  # fmt: skip
    return made


def _succeed(source: Path) -> None:
    by_key = {o.key: o for o in Organ.objects.all()}
    found = []
    for row in _rows(source / "shandong_provincial.csv"):
        for heir in filter(None, row["successor_ids"].split(";")):
            if heir in by_key:
                found.append(
                    OrganSuccession(old=by_key[row["id"]], new=by_key[heir], changed_on=_day(row["change_date"]) or REFORM,
                                    note=row["change_note"][:300])
                )  # fmt: skip
    for key, one in by_key.items():
        if key.endswith("-2016") and key.removesuffix("-2016") in by_key:
            found.append(OrganSuccession(old=one, new=by_key[key.removesuffix("-2016")], changed_on=REFORM))
    OrganSuccession.objects.bulk_create(found)
