"""The published catalogue as other catalogues read it."""

from collections.abc import Iterator

from django.utils import timezone

from tongban.kernel.catalogue.queries import resources
from tongban.kernel.identity.actor import Actor
from tongban.lib import dcat

MOST = 20_000  # resources in one export


def datasets(actor: Actor) -> Iterator[dcat.Dataset]:
    """Every published resource that the actor sees; two statements for all."""
    classes = {c.code: dcat.Concept(c.code, c.name) for c in resources.classes()}
    rows = list(resources.published(actor).filter(resource__node="")[:MOST])  # others export their own
    keys = {v.resource.code: v.resource.key for v in rows}
    for v in rows:
        content, organ = v.content, v.resource.organ
        yield dcat.Dataset(
            v.resource.key, v.resource.code, v.title, str(content.get("abstract", "")), dcat.Agent(organ.key, organ.name, organ.credit_code),
            tuple(classes[c] for c in (content["class_code"], *content["themes"]) if c in classes), v.sharing, v.cycle, v.opening, v.number,
            timezone.localtime(v.published_at).date() if v.published_at else None, v.format, tuple(i["name"] for i in content["items"]),
            tuple(keys[c] for c in content.get("related", []) if c in keys), bool(v.resource.supply),
        )  # fmt: skip
