"""Geography by OGC API – Features 1.0 (OGC 17-069r4): core, GeoJSON, OpenAPI 3.0; open to all. Coordinates are CGCS2000, within centimetres of CRS84."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, JsonResponse
from django.urls import path

from tongban.lib import areas, clock
from tongban.lib.errors import NotFound
from tongban.rooms.data.registries.models import Place
from tongban.rooms.data.registries.queries import geography
from tongban.ui.access import OPEN, allows

GEOJSON, OPENAPI = "application/geo+json", "application/vnd.oai.openapi+json;version=3.0"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
CONFORMANCE = [f"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/{part}" for part in ("core", "geojson", "oas30")]
COLLECTIONS = {"regions": ("行政区划", "Cities and counties in force with their outlines"), "places": ("地理实体", "Named points kept by departments")}
QUERYABLES = {"regions": ("level", "parent"), "places": ("kind", "region")}
DEFAULT, MOST = 10, 1000


class BadParameter(Exception):
    """A parameter that cannot be read; the words say which."""


def _root(request: HttpRequest) -> str:
    return request.build_absolute_uri("/ogc")


def _link(address: str, rel: str, title: str, kind: str = "application/json") -> dict[str, str]:
    return {"href": address, "rel": rel, "type": kind, "title": title}


def _problem(status: int, words: str) -> JsonResponse:
    return JsonResponse({"code": str(status), "description": words}, status=status, json_dumps_params={"ensure_ascii": False})


def _json(body: Any, kind: str = "application/json") -> JsonResponse:
    return JsonResponse(body, content_type=kind, json_dumps_params={"ensure_ascii": False})


@allows(OPEN)
def landing(request: HttpRequest) -> JsonResponse:
    root = _root(request)
    links = [
        _link(f"{root}/", "self", "this page"), _link(f"{root}/api", "service-desc", "the API", OPENAPI), _link(f"{root}/conformance", "conformance", "conformance"),
        _link(f"{root}/collections", "data", "collections"),
    ]  # fmt: skip
    return _json({"title": "通办·空间地理", "description": "Regions and places of the province", "links": links})


@allows(OPEN)
def conformance(request: HttpRequest) -> JsonResponse:
    return _json({"conformsTo": CONFORMANCE})


@allows(OPEN)
def api(request: HttpRequest) -> JsonResponse:
    """The interface as OpenAPI 3.0."""
    asked = [
        {"name": n, "in": "query", "required": False, "schema": s}
        for n, s in (
            ("bbox", {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6}), ("datetime", {"type": "string"}),
            ("limit", {"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT}), ("offset", {"type": "integer", "minimum": 0}),
        )
    ]  # fmt: skip
    named = {"name": "collection", "in": "path", "required": True, "schema": {"type": "string", "enum": list(COLLECTIONS)}}
    feature = {"name": "feature", "in": "path", "required": True, "schema": {"type": "string"}}
    given = {"200": {"description": "as JSON"}, "400": {"description": "a parameter cannot be read"}, "404": {"description": "not found"}}
    paths = {
        "/": [], "/conformance": [], "/api": [], "/collections": [], "/collections/{collection}": [named], "/collections/{collection}/queryables": [named],
        "/collections/{collection}/items": [named, *asked], "/collections/{collection}/items/{feature}": [named, feature],
    }  # fmt: skip
    told = {where: {"get": {"parameters": parameters, "responses": given}} for where, parameters in paths.items()}
    body = {"openapi": "3.0.3", "info": {"title": "通办·空间地理", "version": "1.0.0"}, "servers": [{"url": _root(request)}], "paths": told}
    return _json(body, OPENAPI)


def _collection(request: HttpRequest, name: str) -> dict[str, Any]:
    title, description = COLLECTIONS[name]
    address = f"{_root(request)}/collections/{name}"
    links = [_link(address, "self", title), _link(f"{address}/items", "items", title, GEOJSON)]
    return {
        "id": name, "title": title, "description": description, "itemType": "feature", "crs": [CRS84], "links": links,
        "extent": {"spatial": {"bbox": [[114.2, 34.2, 122.8, 38.5]], "crs": CRS84}},
    }  # fmt: skip


@allows(OPEN)
def collections(request: HttpRequest) -> JsonResponse:
    return _json({"links": [_link(f"{_root(request)}/collections", "self", "collections")], "collections": [_collection(request, n) for n in COLLECTIONS]})


@allows(OPEN)
def collection(request: HttpRequest, collection: str) -> JsonResponse:
    return _json(_collection(request, collection)) if collection in COLLECTIONS else _problem(404, f"no collection {collection}")


@allows(OPEN)
def queryables(request: HttpRequest, collection: str) -> JsonResponse:
    """By which properties `items` can be filtered."""
    if collection not in COLLECTIONS:
        return _problem(404, f"no collection {collection}")
    address = f"{_root(request)}/collections/{collection}/queryables"
    held = {n: {"type": "string", "title": n} for n in QUERYABLES[collection]}
    return _json({"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": address, "type": "object", "properties": held})


def _whole(request: HttpRequest, name: str, otherwise: int, least: int, most: int) -> int:
    told = request.GET.get(name, str(otherwise))
    if not (told.isascii() and told.isdigit() and len(told) <= 9 and int(told) >= least):
        raise BadParameter(f"{name} is a whole number from {least}")
    return min(int(told), most)


def _box(told: str) -> areas.Box | None:
    """Four numbers, or six with heights, which are left aside."""
    if not told:
        return None
    try:
        numbers = [float(n) for n in told.split(",")]
    except ValueError as fault:
        raise BadParameter("bbox holds numbers") from fault
    if len(numbers) == 6:
        numbers = [numbers[n] for n in (0, 1, 3, 4)]
    if len(numbers) != 4 or not all(abs(n) <= 360 for n in numbers) or numbers[1] > numbers[3]:
        raise BadParameter("bbox is west,south,east,north")
    return numbers[0], numbers[1], numbers[2], numbers[3]


def _region_feature(one: geography.Region) -> dict[str, Any]:
    told = {"code": one.code, "name": one.name, "level": one.level, "parent": one.code[: 2 if one.level == "city" else 4]}
    return {"type": "Feature", "id": one.code, "geometry": one.geometry, "properties": told}


def _place_feature(one: Place) -> dict[str, Any]:
    told = {
        "name": one.name, "kind": one.kind, "address": one.address, "region": one.region_code, "organ": one.organ_key, "since": one.since.isoformat(),
        "synthetic": one.synthetic,
    }  # fmt: skip
    return {"type": "Feature", "id": one.key, "geometry": {"type": "Point", "coordinates": [one.lon, one.lat]}, "properties": told}


def _found(request: HttpRequest, collection: str, first: int, count: int) -> tuple[int, list[dict[str, Any]]]:
    """(how many match, the features of a page)."""
    box, asked = _box(request.GET.get("bbox", "")), request.GET
    if collection == "regions":
        held: Sequence[geography.Region] = [
            r
            for r in geography.regions(box=box)
            if asked.get("level", r.level) == r.level and r.code.startswith(asked.get("parent", "")) and r.code != asked.get("parent")
        ]
        return len(held), [_region_feature(r) for r in held[first : first + count]]
    rows = geography.places(box=box, kind=asked.get("kind", ""), within=asked.get("region", ""))
    return rows.count(), [_place_feature(p) for p in rows[first : first + count]]


@allows(OPEN)
def items(request: HttpRequest, collection: str) -> JsonResponse:
    """Features by box and property, a page at a time. What stands today; `datetime` is read and, since features carry no time of their own here, filters nothing."""
    if collection not in COLLECTIONS:
        return _problem(404, f"no collection {collection}")
    known = {"bbox", "datetime", "limit", "offset", "f", *QUERYABLES[collection]}
    if set(request.GET) - known:
        return _problem(400, f"unknown parameter: {', '.join(sorted(set(request.GET) - known))[:100]}")
    try:
        count, first = _whole(request, "limit", DEFAULT, 1, MOST), _whole(request, "offset", 0, 0, 10**9)
        number, features = _found(request, collection, first, count)
    except BadParameter as fault:
        return _problem(400, str(fault))
    address = f"{_root(request)}/collections/{collection}/items"

    def page(offset: int) -> str:
        return f"{address}?{urlencode({**request.GET.dict(), 'limit': count, 'offset': offset})}"

    links = [_link(page(first), "self", "this page", GEOJSON), _link(f"{_root(request)}/collections/{collection}", "collection", "the collection")]
    links += [_link(page(first + count), "next", "next page", GEOJSON)] if first + count < number else []
    links += [_link(page(max(0, first - count)), "prev", "previous page", GEOJSON)] if first else []
    stamp = clock.now().isoformat(timespec="seconds")
    body = {"type": "FeatureCollection", "timeStamp": stamp, "numberMatched": number, "numberReturned": len(features), "features": features, "links": links}
    return _json(body, GEOJSON)


@allows(OPEN)
def item(request: HttpRequest, collection: str, feature: str) -> JsonResponse:
    if collection not in COLLECTIONS:
        return _problem(404, f"no collection {collection}")
    try:
        found = _region_feature(geography.region(feature)) if collection == "regions" else _place_feature(geography.place(feature))
    except NotFound:
        return _problem(404, f"no feature {feature}"[:100])
    address = f"{_root(request)}/collections/{collection}"
    links = [_link(f"{address}/items/{feature}", "self", "this feature", GEOJSON), _link(address, "collection", "the collection")]
    return _json({**found, "links": links}, GEOJSON)


urlpatterns = [
    path("", landing, name="ogc"),
    path("api", api, name="ogc-api"),
    path("conformance", conformance, name="ogc-conformance"),
    path("collections", collections, name="ogc-collections"),
    path("collections/<slug:collection>", collection, name="ogc-collection"),
    path("collections/<slug:collection>/queryables", queryables, name="ogc-queryables"),
    path("collections/<slug:collection>/items", items, name="ogc-items"),
    path("collections/<slug:collection>/items/<slug:feature>", item, name="ogc-item"),
]
