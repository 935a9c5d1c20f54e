"""Matters: public when published; drafts for editors."""

from dataclasses import dataclass
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from tongban.kernel.identity.actor import Actor
from tongban.kernel.orgs import queries as orgs
from tongban.kernel.cases import schemas
from tongban.lib import codes
from tongban.lib.errors import NotFound
from tongban.lib.rooms import shows
from tongban.lib.statements import Ask, Row
from tongban.rooms.service.hall import rules
from tongban.rooms.service.hall.models import CatalogueItem, Matter, MatterVersion
from tongban.rooms.service.hall.queries import negative


@shows("matter")
def matter_address(code: str) -> str:
    return f"/hall/matters/{code}/"


def matter(code: str) -> Matter:
    """A matter by its code, whatever its state; raises NotFound."""
    found = Matter.objects.select_related("item", "version", "organ", "replaced_by").filter(code=code).first()
    if found is None:
        raise NotFound(_("There is no matter %(code)s. Search for it by name.") % {"code": code})
    return found


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a version says, worked out once: versions never change."""

    content: dict[str, Any]
    promised: int
    statutory: int
    form: dict[str, Any]
    sure: list[tuple[str, str, str, str]]
    validator: Any
    provided: list[dict[str, Any]]
    known: list[dict[str, Any]]


def _sheet(version: MatterVersion, *, imported: bool) -> Sheet:
    content = rules.verified_only(version.content)
    promised, statutory = (0, 0) if imported else rules.limits(content)
    form = {} if imported else rules.schema_of(content["form_fields"])
    materials = content.get("materials", [])
    return Sheet(
        content=content, promised=promised, statutory=statutory, form=form, sure=rules.sure_fields(form), validator=schemas.compiled(form),
        provided=rules.with_photos(content.get("form_fields", []), [m for m in materials if m["provider"] == "applicant" and m["type"] != "申请表"]),
        known=[m for m in materials if m["provider"] != "applicant"],
    )  # fmt: skip


_sheets: dict[int, Sheet] = {}
SHEETS_KEPT = 2000


def sheet_of(version_id: int) -> Sheet:
    """The sheet of a published version, kept; drafts change and are not for here."""
    held = _sheets.get(version_id)
    if held is None:
        version = MatterVersion.objects.select_related("item").get(id=version_id)
        held = _sheet(version, imported=version.item.imported)
        if len(_sheets) >= SHEETS_KEPT:
            _sheets.clear()
        _sheets[version_id] = held
    return held


def forget() -> None:
    """Drop what is kept of versions: between tests."""
    _sheets.clear()


@dataclass(frozen=True, slots=True)
class Guide:
    """A matter as its guide page and the API show it."""

    matter: Matter
    content: dict[str, Any]
    promised: int
    statutory: int
    form: dict[str, Any]
    provided: list[dict[str, Any]]
    known: list[dict[str, Any]]
    address: str
    hours: str
    phone: str

    @property
    def name(self) -> str:
        return self.matter.name

    @property
    def online(self) -> bool:
        return self.matter.online and self.matter.state == "in-force"


def guide(code: str) -> Guide:
    """The guide of a matter, verified law only."""
    one = matter(code)
    sheet, organ = sheet_of(one.version_id), one.organ
    return Guide(
        matter=one, content=sheet.content, promised=min(one.overrides.get("promised_days", sheet.promised), sheet.statutory),
        statutory=sheet.statutory, form=sheet.form, provided=sheet.provided, known=sheet.known,
        address=one.overrides.get("address") or (organ.address if organ else ""),
        hours=one.overrides.get("hours", "工作日 9:00–12:00、13:00–17:00"),
        phone=one.overrides.get("phone") or (organ.phone if organ else "12345"),
    )  # fmt: skip


def forms_drawing_on(supply: str) -> list[tuple[str, tuple[str, ...], str]]:
    """(matter, items, address) of the forms in force that a supply fills, or whose materials it proves."""
    found = []
    for version in MatterVersion.objects.filter(state="published", item__imported=False).select_related("item").order_by("item__name"):
        sheet = sheet_of(version.id)
        items = [i for (name, _whose), told in rules.wanted(sheet.form, [*sheet.known, *sheet.provided]).items() if name == supply for i in told or ("",)]
        one = Matter.objects.filter(version=version, state="in-force").order_by("code").first() if items else None
        if one:
            found.append((version.item.name, tuple(i for i in items if i), matter_address(one.code)))
    return found


def offices(region: str) -> list[str]:
    """The keys of the organs that handle matters online in a region."""
    rows = Matter.objects.filter(region_code=region, online=True, state="in-force").exclude(organ=None)
    return sorted(set(rows.values_list("organ__key", flat=True)))


@dataclass(frozen=True, slots=True)
class Offer:
    """A matter as a submission needs it: one row."""

    code: str
    name: str
    state: str
    online: bool
    version: int
    organ: int
    organ_key: str
    region: str
    process: str
    promised: int
    statutory: int
    sheet: Sheet


def offer(code: str) -> Ask[Offer]:
    """What a submission needs to know of a matter; reading the answer raises NotFound."""

    def read(found: list[Row]) -> Offer:
        if not found:
            raise NotFound(_("There is no matter %(code)s. Search for it by name.") % {"code": code})
        name, state, online, version, organ, key, region, process, promised = found[0]
        sheet = sheet_of(version)
        limit = min(sheet.promised if promised is None else promised, sheet.statutory)
        return Offer(code, name, state, online, version, organ or 0, key or "", region, process, limit, sheet.statutory, sheet)

    return Ask(
        """SELECT m.name, m.state, m.online, m.version_id, m.organ_id, o.key, m.region_code, m.process,
                  (m.overrides->>'promised_days')::int AS promised
           FROM hall_matter m LEFT JOIN orgs_organ o ON o.id = m.organ_id WHERE m.code = %(matter)s""",
        {"matter": code}, read,
    )  # fmt: skip


def offered_nearby(one: Matter, region: str) -> Matter | None:
    """The same item where the visitor is: in the region or above it."""
    rows = Matter.objects.filter(item=one.item, region_code__in=codes.ancestors(region), state="in-force")
    return rows.order_by("-region_code").first()


def list_rows(kind: str, *, region: str = "", department: str = "", words: str = "") -> QuerySet[Matter]:
    """Rows of a public list: `approval` (01), `power` (01–10), `responsibility` (all)."""
    rows = Matter.objects.filter(state="in-force").select_related("item", "version").order_by("item__task_type", "item_id", "region_code")
    if kind == "approval":
        rows = rows.filter(item__task_type="01")
    elif kind == "power":
        rows = rows.exclude(item__task_type="20")
    if region:
        rows = rows.filter(region_code=region)
    if department:
        rows = rows.filter(organ_name__contains=department)
    if words:
        rows = rows.filter(name__contains=words)
    return rows


def list_sizes() -> dict[str, int]:
    """How many items each list holds, counted once a region-less item."""
    items = CatalogueItem.objects.filter(imported=False)
    return {
        "approval": items.filter(task_type="01").count(), "power": items.exclude(task_type="20").count(),
        "responsibility": items.count(), "negative": negative.in_force_size(),
    }  # fmt: skip


def items(actor: Actor, *, words: str = "", state: str = "") -> QuerySet[CatalogueItem]:
    """Catalogue items for editors, with their versions."""
    actor.require("hall.read_matters")
    rows = CatalogueItem.objects.prefetch_related("versions").order_by("imported", "id")
    if words:
        rows = rows.filter(Q(name__contains=words) | Q(key__contains=words))
    return rows.filter(versions__state=state).distinct() if state else rows


def version(actor: Actor, version_id: int) -> MatterVersion:
    actor.require("hall.read_matters")
    found = MatterVersion.objects.select_related("item").filter(id=version_id).first()
    if found is None:
        raise NotFound(_("There is no such version."))
    return found


def versions(code: str) -> list[MatterVersion]:
    """Published versions of a matter's item, latest first: the public history."""
    rows = MatterVersion.objects.filter(
        item__matters__code=code, origin=F("item__matters__version__origin"), state__in=["published", "superseded", "cancelled"]
    )
    return list(rows.order_by("-number"))


def differences(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, str, str]]:
    """(path, before, after) of every value that two versions do not share."""
    before, after = dict(_flat(old)), dict(_flat(new))
    names = sorted(before.keys() | after.keys())
    return [(n, before.get(n, ""), after.get(n, "")) for n in names if before.get(n, "") != after.get(n, "")]


def _flat(value: Any, path: str = "") -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [pair for k, v in value.items() for pair in _flat(v, f"{path}.{k}" if path else k)]
    if isinstance(value, list):
        return [pair for i, v in enumerate(value) for pair in _flat(v, f"{path}[{i + 1}]")]
    return [(path, "" if value is None else str(value))]


def home_figures(region: str) -> dict[str, int]:
    """Counts for the first page: matters by audience where the visitor is."""
    rows = Matter.objects.filter(region_code__in=codes.ancestors(region), state="in-force")
    return {
        "person": rows.filter(audience__in=["person", "both"]).values("item").distinct().count(),
        "enterprise": rows.filter(audience__in=["enterprise", "both"]).values("item").distinct().count(),
        "online": rows.filter(online=True).values("item").distinct().count(),
    }  # fmt: skip


def popular(region: str, limit: int = 6) -> list[Matter]:
    """What is asked for most where the visitor is."""
    rows = Matter.objects.filter(region_code__in=codes.ancestors(region), state="in-force", online=True)
    seen: dict[int, Matter] = {}
    for row in rows.order_by("-popularity", "-region_code", "id")[:60]:
        seen.setdefault(row.item_id, row)
    return list(seen.values())[:limit]


def organ_matters(organ: int) -> QuerySet[Matter]:
    return Matter.objects.filter(organ_id=organ, state="in-force").order_by("item_id")


def region_name(code: str) -> str:
    """The name of a matter's region; imported samples lie outside the province."""
    try:
        return orgs.full_name(code) or code
    except NotFound:
        return code


def life_events() -> list[str]:
    """The events of life that the catalogue's matters name, each once."""
    rows = MatterVersion.objects.filter(state="published", item__imported=False).order_by("item_id").values_list("content__life_events", flat=True)
    return list(dict.fromkeys(event for events in rows for event in events or []))


def departments() -> list[str]:
    """The departments that the catalogue names."""
    rows = CatalogueItem.objects.filter(imported=False).values_list("department", flat=True)
    return sorted(set(rows))


def of_item(key: str, region: str) -> Matter:
    """The implementation of an item for a region: its own, above it, or else any below; raises NotFound."""
    rows = Matter.objects.filter(item__key=key, state="in-force")
    found = rows.filter(region_code__in=codes.ancestors(region)).order_by("-region_code").first()
    found = found or rows.filter(region_code__startswith=region).order_by("region_code").first()
    if found is None:
        raise NotFound(_("This matter is not handled in the region you chose."))
    return found
