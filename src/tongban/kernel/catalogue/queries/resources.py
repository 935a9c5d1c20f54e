"""Resources: published ones are open to every official, drafts to their organ and to reviewers."""

from collections.abc import Iterable
from datetime import date

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from tongban.kernel.catalogue.models import Agreement, Resource, ResourceClass, ResourceVersion
from tongban.kernel.catalogue.rules import resources as rules
from tongban.kernel.identity.actor import Actor
from tongban.lib import text
from tongban.lib.errors import NotFound

ALIKE = 0.6  # share of items in common from which two resources are shown as duplicates


def visible(actor: Actor) -> QuerySet[ResourceVersion]:
    """Versions that the actor may see."""
    actor.require("catalogue.search")
    rows = ResourceVersion.objects.select_related("resource__organ").defer("search")
    if actor.is_system or actor.may("catalogue.register") or actor.may("catalogue.publish"):
        return rows
    return rows.filter(Q(state__in=(rules.PUBLISHED, rules.SUPERSEDED, rules.RECALLED)) | Q(resource__organ_id=actor.organ))


def published(actor: Actor, *, words: str = "", sharing: str = "", organ: int = 0, class_code: str = "", opening: bool = False) -> QuerySet[ResourceVersion]:
    """The catalogue in force, by words, sharing, provider, class."""
    rows = visible(actor).filter(state=rules.PUBLISHED)
    rows = rows.filter(sharing=sharing) if sharing else rows
    rows = rows.filter(resource__organ_id=organ) if organ else rows
    rows = rows.filter(resource__code__startswith=class_code) if class_code else rows
    rows = rows.filter(opening=True) if opening else rows
    tokens = [text.quoted(w) for w in text.meaningful(words)]
    if tokens:
        rows = rows.extra(where=["catalogue_resourceversion.search @@ %s::tsquery"], params=[" & ".join(tokens)])
    return rows.order_by("resource__code")


def own(actor: Actor) -> QuerySet[ResourceVersion]:
    """The newest version of each resource of the actor's organ."""
    actor.require("catalogue.edit")
    return newest(visible(actor).filter(resource__organ_id=actor.organ))


def newest(rows: QuerySet[ResourceVersion]) -> QuerySet[ResourceVersion]:
    return rows.order_by("resource_id", "-number").distinct("resource_id")


def waiting(actor: Actor) -> QuerySet[ResourceVersion]:
    """What the actor may review."""
    states = [s for s, p in ((rules.REGISTRATION, "catalogue.register"), (rules.PUBLICATION, "catalogue.publish")) if actor.may(p)]
    return visible(actor).filter(state__in=states).order_by("due", "id")


def unreviewed(day: date, key: str = "") -> QuerySet[ResourceVersion]:
    """Versions whose review is due by a day, of one resource or all; for the platform."""
    rows = ResourceVersion.objects.filter(state__in=(rules.REGISTRATION, rules.PUBLICATION), due__lte=day).select_related("resource__organ")
    return rows.filter(resource__key=key) if key else rows.order_by("id")


def version(actor: Actor, key: str, number: int = 0) -> ResourceVersion:
    """A version of a resource; without number the published one, else the newest. Raises NotFound."""
    rows = visible(actor).filter(resource__key=key)
    found = rows.filter(number=number).first() if number else (rows.filter(state=rules.PUBLISHED).first() or rows.order_by("-number").first())
    if found is None:
        raise NotFound(_("There is no such resource in the catalogue. Search for its name."))
    return found


def versions(actor: Actor, key: str) -> list[ResourceVersion]:
    return list(visible(actor).filter(resource__key=key).order_by("-number"))


def resource_supplied_by(name: str) -> Resource | None:
    """The published resource bound to a supply; most resources are bound to none, and "" names none of them."""
    if not name:
        return None
    return Resource.objects.filter(supply=name).exclude(published=None).select_related("organ", "published").first()


def classes(kind: str = "", parent: str | None = None) -> QuerySet[ResourceClass]:
    """The tree of classes."""
    rows = ResourceClass.objects.order_by("code")
    rows = rows.filter(kind=kind) if kind else rows
    return rows if parent is None else rows.filter(parent_code=parent)


def class_path(code: str) -> list[ResourceClass]:
    """类, 项, 目, 细目 down to a class."""
    known = {c.code: c for c in ResourceClass.objects.filter(code__in=[code[:n] for n in range(1, len(code) + 1)])}
    return [known[c] for c in sorted(known, key=len)]


def organ_class(organ_key: str) -> ResourceClass | None:
    """The 目 of a department."""
    return ResourceClass.objects.filter(organ_key=organ_key).order_by("code").first()


def counts(actor: Actor) -> dict[str, int]:
    """Published resources by sharing type."""
    rows = visible(actor).filter(state=rules.PUBLISHED).values("sharing").annotate(n=Count("id")).order_by()
    return {r["sharing"]: r["n"] for r in rows}


def by_organ(actor: Actor) -> list[tuple[int, str, int]]:
    """(organ, name, published resources), the most first."""
    rows = visible(actor).filter(state=rules.PUBLISHED).values("resource__organ_id", "resource__organ__short_name").annotate(n=Count("id")).order_by("-n")
    return [(r["resource__organ_id"], r["resource__organ__short_name"], r["n"]) for r in rows]


def duplicates(actor: Actor, one: ResourceVersion) -> list[tuple[ResourceVersion, int]]:
    """Published resources of other organs with most items in common, in percent."""
    names = [i.name for i in rules.items(one.content["items"])]
    found = visible(actor).filter(state=rules.PUBLISHED).exclude(resource_id=one.resource_id).exclude(resource__organ_id=one.resource.organ_id)
    near = [(v, rules.alike(one.content, v.content)) for v in found if any(i["name"] in names for i in v.content["items"])]
    return [(v, round(100 * share)) for v, share in sorted(near, key=lambda p: -p[1]) if share >= ALIKE]


def checks_of(resource: Resource, number: int) -> dict[str, str]:
    """item → its check, of a version."""
    return {i.key: i.check for i in rules.items(version_of(resource, number).content["items"])}


def sources(actor: Actor, one: ResourceVersion) -> list[ResourceVersion]:
    """Published resources that a version says it is made from or belongs to (关联资源代码)."""
    codes = [str(c) for c in one.content.get("related", [])]
    return list(visible(actor).filter(state=rules.PUBLISHED, resource__code__in=codes).order_by("resource__code")) if codes else []


def derived(actor: Actor, one: ResourceVersion) -> list[ResourceVersion]:
    """Published resources that name this one."""
    return list(visible(actor).filter(state=rules.PUBLISHED, content__related__contains=[one.resource.code]).order_by("resource__code"))


def consuming_organs(resource: Resource) -> list[tuple[str, list[str]]]:
    """(department, ways) that use a resource under agreements in force; that it is used is no secret among departments, the terms are."""
    rows = Agreement.objects.filter(resource=resource, state="in-force").order_by("consumer__short_name")
    found: dict[str, set[str]] = {}
    for name, modes in rows.values_list("consumer__short_name", "terms__granted__modes"):
        found.setdefault(name, set()).update(modes)
    return [(name, sorted(modes)) for name, modes in found.items()]


def consumers(resource: Resource) -> list[int]:
    """Organs with an agreement in force."""
    return sorted(set(Agreement.objects.filter(resource=resource, state="in-force").values_list("consumer_id", flat=True)))


def subscribers(resource_key: str) -> list[int]:
    """Accounts that want to hear of changes."""
    return list(Resource.objects.get(key=resource_key).subscriptions.values_list("account", flat=True))


def subscribed(actor: Actor, resource: Resource) -> bool:
    return resource.subscriptions.filter(account=actor.account or 0).exists()


def search_tokens(words: Iterable[str]) -> str:
    """The lexemes of a version."""
    return " ".join(text.quoted(t) for t in dict.fromkeys(t for w in words for t in text.words(w)))


def version_of(resource: Resource, number: int) -> ResourceVersion:
    """The version that an agreement was signed for."""
    return resource.versions.defer("search").get(number=number)
