"""The ledger as a transparency log: heads, keys, proofs, and witnessing for other nodes."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema

from tongban.kernel.ledger import commands as ledger
from tongban.kernel.ledger import queries
from tongban.lib.errors import Invalid, NotFound
from tongban.lib.sm import sm3_hex
from tongban.ui.access import OPEN, actor_of, allows
from tongban.ui.problems import PROBLEMS

router = Router()
MOST = 2**62
LONGEST_REQUEST = 64 * 1024


class KeyOut(Schema):
    public: str
    fingerprint: str
    algorithm: str = "SM2"
    current: bool


class Keys(Schema):
    origin: str
    keys: list[KeyOut]


class PathOut(Schema):
    """Hashes in hexadecimal, in the order of RFC 9162."""

    path: list[str]


@router.get("/checkpoint", response={200: str, **PROBLEMS}, openapi_extra={"responses": {200: {"content": {"text/plain": {}}}}})
@allows(OPEN)
def checkpoint(request: HttpRequest, size: int | None = Query(None, ge=0, le=MOST)) -> HttpResponse:
    """The newest signed head with its witnesses' lines; with `size` the first that covers so many entries."""
    return HttpResponse(queries.checkpoint(actor_of(request), size=size), content_type="text/plain; charset=utf-8")


@router.get("/keys", response={200: Keys, **PROBLEMS})
@allows(OPEN)
def keys(request: HttpRequest) -> Keys:
    """The public keys that sign heads, the current one first. Keep the fingerprint somewhere else."""
    held = ledger.publics()
    return Keys(origin=ledger.origin(), keys=[KeyOut(public=k.hex(), fingerprint=sm3_hex(k), current=k == held[0]) for k in held])


@router.get("/consistency", response={200: PathOut, **PROBLEMS})
@allows(OPEN)
def consistency(request: HttpRequest, first: int = Query(..., ge=0, le=MOST), second: int = Query(..., ge=0, le=MOST)) -> PathOut:
    """That the ledger of `second` entries goes on from that of `first`: nothing before was rewritten."""
    return PathOut(path=[one.hex() for one in queries.consistency(actor_of(request), first=first, second=second)])


@router.get("/inclusion", response={200: PathOut, **PROBLEMS})
@allows(OPEN)
def inclusion(request: HttpRequest, index: int = Query(..., ge=0, le=MOST), size: int = Query(..., ge=0, le=MOST)) -> PathOut:
    """The path from the entry at a place to the head of that size: hashes only."""
    return PathOut(path=[one.hex() for one in queries.inclusion(actor_of(request), index=index, size=size)])


@router.get("/entries/{entry}/proof", response={200: dict[str, Any], **PROBLEMS})
@allows("ledger.read_any")
def proof(request: HttpRequest, entry: int) -> dict[str, Any]:
    """A proof file for one entry; `tongban verify FILE` checks it offline."""
    if not 0 < entry < MOST:
        raise NotFound(_("The ledger has no such entry."))
    found = queries.proof_of_entry(actor_of(request), entry=entry, keys=ledger.signers())
    if found is None:
        raise NotFound(_("The entry is not sealed yet; ask again in a second."), code="not-sealed-yet")
    return found


@router.post("/witness", response={200: str, 409: str, **{k: v for k, v in PROBLEMS.items() if k != 409}})
@allows(OPEN)
def witness(request: HttpRequest) -> HttpResponse:
    """Another node's log asks this one to cosign its head: "old SIZE", the consistency proof in base64 lines, an empty line, the head.

    200 the signature's line; 409 the size that this witness knows; 403, 404, 422 as problems.
    """
    if len(request.body) > LONGEST_REQUEST:
        raise Invalid(_("The request is not that of a log to its witness: %(why)s") % {"why": "64 KiB"}, code="malformed")
    told = request.body.decode(errors="replace")
    try:
        return HttpResponse(ledger.cosign(actor_of(request), told=told), content_type="text/plain; charset=utf-8")
    except ledger.Behind as behind:
        return HttpResponse(f"{behind.size}\n", status=409, content_type="text/x.tlog.size")
