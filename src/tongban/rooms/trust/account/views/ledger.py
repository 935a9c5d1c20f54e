"""责任认定: who did what on what authority, with a proof file for each act; and the check of such a file for everyone."""

import json
from collections.abc import Iterable
from datetime import date

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from tongban.kernel.ledger import commands as signing
from tongban.kernel.ledger import queries
from tongban.lib.errors import Invalid, NotFound
from tongban.lib.sm import sm3_hex
from tongban.lib.tlog import notes, proofs
from tongban.ui.access import OPEN, actor_of, allows

LONGEST = 2 * 1024 * 1024


@allows("ledger.read_any")
def acts(request: HttpRequest) -> HttpResponse:
    """The ledger, newest first, by subject, kind of act, account and day."""
    chosen = {name: request.GET.get(name, "").strip()[:80] for name in ("subject", "tag", "account", "day")}
    fault = ""
    try:
        day = date.fromisoformat(chosen["day"]) if chosen["day"] else None
    except ValueError:
        day, fault = None, _("Day: write it as 2026-11-24.")
    account = int(chosen["account"]) if chosen["account"].isascii() and chosen["account"].isdigit() and len(chosen["account"]) < 18 else None
    found = queries.acts(actor_of(request), subject=chosen["subject"], tag=chosen["tag"], account=account, day=day)
    context = {"tab": "account:acts", "page": Paginator(found, 25).get_page(request.GET.get("page")), "chosen": chosen, "fault": fault, **_head(request)}
    return render(request, "account/acts.html", context)


def _head(request: HttpRequest) -> dict[str, object]:
    """The newest head as people read it."""
    try:
        head = notes.parse(queries.checkpoint(actor_of(request)))
    except NotFound:
        return {"head": None}
    witnesses = sorted({s.name for s in head.signatures} - {head.origin})
    fingerprint = sm3_hex(signing.publics()[0])
    return {"head": head, "witnesses": witnesses, "root": head.root.hex(), "fingerprint": " ".join(_fours(fingerprint))}


def _fours(told: str) -> Iterable[str]:
    return (told[i : i + 8] for i in range(0, len(told), 8))


@allows("ledger.read_any")
def proof(request: HttpRequest, entry: int) -> HttpResponse:
    """The proof file of one entry."""
    found = queries.proof_of_entry(actor_of(request), entry=min(entry, 2**62), keys=signing.signers())
    if found is None:
        raise NotFound(_("The entry is not sealed yet; ask again in a second."), code="not-sealed-yet")
    answer = HttpResponse(json.dumps(found, ensure_ascii=False, indent=1), content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="proof-{entry}.json"'
    return answer


@allows(OPEN)
def check(request: HttpRequest) -> HttpResponse:
    """Check a proof file against this ledger's own keys."""
    context: dict[str, object] = _head(request)
    if request.method == "POST":
        try:
            context["judged"] = _judge(request)
        except Invalid as refused:
            context["fault"] = str(refused)
    return render(request, "account/check.html", context, status=422 if "fault" in context else 200)


def _judge(request: HttpRequest) -> dict[str, object]:
    sent = request.FILES.get("file")
    if sent is None or not sent.size:
        raise Invalid(_("Choose a proof file."))
    if sent.size > LONGEST:
        raise Invalid(_("A proof file is smaller than 2 MB. Choose the one that you were given."))
    content = sent.read()
    try:
        tried = [proofs.judge(content, public) for public in signing.publics()]
    except proofs.BadProof:
        raise Invalid(_("This is no whole proof file. Choose the one that you were given.")) from None
    judged = next((one for one in tried if not one.faults), tried[0])
    return {"judged": judged, "holds": not judged.faults, "body": json.dumps(judged.entry["body"], ensure_ascii=False)}
