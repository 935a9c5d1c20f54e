"""A department's file is linked to the population register; a clerk decides what stays doubtful."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.utils.translation import gettext as _

from tongban.kernel.identity.actor import Actor
from tongban.lib import clock
from tongban.lib.acts import command, nothing_changed, record
from tongban.lib.errors import Conflict, Invalid
from tongban.lib.matching import assign, persons
from tongban.lib.matching.blocks import pairs
from tongban.lib.matching.fields import KINDS, coded, levels
from tongban.lib.matching.model import Model, chance, scores, train
from tongban.lib.matching.online import LINK, REJECT, REVIEW
from tongban.rooms.data.registries import events
from tongban.rooms.data.registries.models import LinkedRow, Linkage
from tongban.rooms.data.registries.queries import linkages

COLUMNS = {"姓名": "name", "出生日期": "born_on", "性别": "sex", "行政区划": "region_code", "住址": "address"}
MOST, ENOUGH = 100_000, 2000  # rows of a file; rows from which weights are learned rather than taken as shipped
SURE, DOUBTFUL = 0.99, 0.5


@command("registries.link")
def ask_linkage(actor: Actor, *, title: str, purpose: str, rows: Sequence[Mapping[str, str]]) -> Linkage:
    """Keep a file's rows, sealed, and have them linked. Raises Refused without an agreement on the register, Invalid for an empty or too large file."""
    if not title.strip() or not purpose.strip():
        told = {n: _("Please fill in.") for n, v in (("title", title), ("purpose", purpose)) if not v.strip()}
        raise Invalid(_("Name the file and say what it is linked for."), fields=told)
    if not rows or len(rows) > MOST:
        raise Invalid(_("The file must hold 1 to %(n)s rows.") % {"n": MOST}, fields={"file": _("The file must hold 1 to %(n)s rows.") % {"n": MOST}})
    held = Linkage.objects.create(
        organ_key=actor.organ_key, title=title.strip()[:120], purpose=purpose.strip()[:120], agreement=linkages.allowed(actor), rows=len(rows),
        asked_by=actor.name, account=actor.account, asked_at=clock.now(),
    )  # fmt: skip
    kept = ({COLUMNS[k]: v for k, v in row.items() if k in COLUMNS} for row in rows)
    LinkedRow.objects.bulk_create([LinkedRow(linkage=held, row=n, record=told) for n, told in enumerate(kept, 1)], batch_size=2000)
    record(actor, events.LinkageAsked(linkage=str(held.id), organ=held.organ_key, purpose=held.purpose, agreement=held.agreement, rows=held.rows))
    return held


@command("registries.link")
def run_linkage(actor: Actor, *, linkage: int) -> Linkage:
    """Link every row: surely one person, perhaps, or nobody. Run again it finds its work done."""
    held = Linkage.objects.select_for_update().get(id=linkage)
    if held.state == Linkage.State.DONE:
        nothing_changed()
        return held
    rows = list(LinkedRow.objects.filter(linkage=held).select_related("linkage").order_by("row"))
    identifiers, register = linkages.register()
    model, kept, evidence = _link(persons.prepared(linkages.columns_of([r.record for r in rows])), persons.prepared(register))
    for at, (person, likely) in kept.items():
        one = rows[at]
        one.zone = LINK if likely >= SURE else REVIEW if likely >= DOUBTFUL else REJECT
        one.person_id, one.likely, one.evidence = (identifiers[person] if one.zone != REJECT else None), likely, evidence[at]
    for one in rows:
        one.zone = one.zone or REJECT
    LinkedRow.objects.bulk_update(rows, ["zone", "person", "likely", "evidence"], batch_size=2000)
    held.linked, held.review, held.rejected = (sum(r.zone == z for r in rows) for z in (LINK, REVIEW, REJECT))
    held.state, held.done_at, held.model, held.learned = Linkage.State.DONE, clock.now(), model.dumped(), len(rows) >= ENOUGH
    held.save()
    record(actor, events.LinkageDone(linkage=str(held.id), linked=held.linked, review=held.review, rejected=held.rejected, learned=held.learned))
    return held


def shipped() -> Model:
    """The weights learned from the synthetic province, for files too small to learn from."""
    return Model.loaded((Path(settings.DATASETS) / "registries" / "linkage.json").read_text())


def _link(left: persons.Columns, right: persons.Columns) -> tuple[Model, dict[int, tuple[int, float]], dict[int, list[list[Any]]]]:
    """Row of the file -> (row of the register, chance), one to one; and the evidence of each."""
    held = {f.name: coded(left[f.name], right[f.name]) for f in persons.FIELDS}
    columns = list(held.values())
    found = pairs(persons.blocks(held))
    told = [levels(f, c, found.left, found.right) for f, c in zip(persons.FIELDS, columns, strict=True)]
    model = train(persons.FIELDS, columns, told, found) if len(left["name"]) >= ENOUGH and len(found) else shipped()
    if not len(found):
        return model, {}, {}
    score = scores(model, columns, told, found.left)
    kept = assign.one_to_one(found.left, found.right, score)
    likely = chance(score)
    made = {int(found.left[k]): (int(found.right[k]), float(likely[k])) for k in kept.tolist()}
    return model, made, {int(found.left[k]): _evidence(model, told, k) for k in kept.tolist()}


def _evidence(model: Model, told: Sequence[np.ndarray], at: int) -> list[list[Any]]:
    made = []
    for field, weight, level in zip(model.fields, model.weights(), (int(t[at]) for t in told), strict=True):
        made.append([field.name, "nothing" if level < 0 else "differs" if level == 0 else KINDS[field.kind].names[level - 1], round(float(weight[level]), 1)])
    return made


@command("registries.link")
def decide_link(actor: Actor, *, linkage: int, row: int, same: bool) -> LinkedRow:
    """A clerk says whether the two records are one person."""
    one = LinkedRow.objects.select_for_update(of=("self",)).select_related("linkage").get(id=linkages.row(linkages.linkage(actor, linkage), row).id)
    if one.zone != REVIEW or one.decided:
        raise Conflict(_("This row does not wait for a decision."))
    one.decided, one.decided_by, one.decided_at = "same" if same else "not", actor.name, clock.now()
    one.save(update_fields=["decided", "decided_by", "decided_at"])
    record(actor, events.LinkDecided(linkage=str(linkage), row=row, same=same))
    return one
