"""/scim/v2: one view for each address; faults as SCIM errors."""

import functools
import json
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from pydantic import ValidationError
from scim2_models import Context, Error, ListResponse, PatchOp, ResourceType, ResponseParameters, SCIMException, Schema, SearchRequest
from scim2_models import NotFoundException, PreconditionFailedException, UnauthorizedException, UniquenessException

from tongban.lib.errors import Conflict, Invalid, NotFound, TongbanError
from tongban.rooms.trust.account import queries
from tongban.rooms.trust.account.commands import staffing
from tongban.rooms.trust.account.models import Client
from tongban.rooms.trust.account.views.scim import resources
from tongban.rooms.trust.account.views.scim.resources import PROVIDER, Staff
from tongban.ui.guard import origin_of

KIND = "application/scim+json"
Told = tuple[int, Any, dict[str, str]]
Work = Callable[..., Told]


def endpoint(work: Work) -> Callable[..., HttpResponse]:
    """A view: SCIM's media type, SCIM's errors, and nobody without a token of the scope. `urls` gives it the marks of an open door."""

    @functools.wraps(work)
    def run(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            status, body, headers = work(request, *args, **kwargs)
        except Exception as fault:
            made = _error(fault)
            if made is None:
                raise
            status, body, headers = int(made.status or 400), made.model_dump(), {}
            if status == 401:
                headers = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
        content = json.dumps(body, ensure_ascii=False) if body is not None else ""
        return HttpResponse(content, status=status, content_type=KIND, headers=headers)

    return run


def _error(fault: Exception) -> Error | None:
    if isinstance(fault, SCIMException):
        return fault.to_error()
    if isinstance(fault, ValidationError):
        return Error.from_validation_error(dict(fault.errors()[0]))
    if isinstance(fault, Conflict):
        return UniquenessException(detail=str(fault)).to_error()
    if isinstance(fault, TongbanError):
        kind = "invalidValue" if isinstance(fault, Invalid) else None
        return Error(status=400 if isinstance(fault, Invalid) else fault.status, scim_type=kind, detail=str(fault))
    return None


def _client(request: HttpRequest) -> Client:
    header = request.headers.get("Authorization", "")
    token = queries.live_token(header[7:].strip()) if header.startswith("Bearer ") else None
    if token is None or token.account is not None or "scim" not in token.scope.split():
        raise UnauthorizedException(detail="A client-credentials token with the scope scim is needed.")
    return token.client


def _body(request: HttpRequest, model: Any, context: Context) -> Any:
    with PROVIDER:
        return model.model_validate_json(request.body or b"{}", scim_ctx=context)


def _shown(client: Client, row: Any, context: Context, request: HttpRequest) -> dict[str, Any]:
    shape = ResponseParameters[Staff].model_validate({k: request.GET[k] for k in ("attributes", "excludedAttributes") if k in request.GET})
    made = resources.told(row, staffing.roles_of(client, row))
    return made.model_dump(scim_ctx=context, response_parameters=shape)  # type: ignore[no-any-return]


def _headers(row: Any) -> dict[str, str]:
    return {"ETag": resources.version(row), "Location": f"{resources.base()}/Users/{row.id}"}


def _row(client: Client, key: str) -> Any:
    try:
        return queries.provisioned(client, key)
    except NotFound as fault:
        raise NotFoundException(detail=str(fault)) from fault


def _same_version(request: HttpRequest, row: Any) -> None:
    asked = request.headers.get("If-Match")
    if asked and asked not in ("*", resources.version(row)):
        raise PreconditionFailedException(detail="This user was changed meanwhile: read it again.")


def _methods(request: HttpRequest, *allowed: str) -> str:
    if request.method not in allowed:
        fault = TongbanError(f"{request.method} is not supported here.", code="method")
        fault.status = 405
        raise fault
    return str(request.method)


@endpoint
def users(request: HttpRequest) -> Told:
    """Create, or list with filter, sort and pages."""
    client = _client(request)
    if _methods(request, "GET", "POST") == "GET":
        return _list(client, request, SearchRequest[Staff].model_validate(request.GET.dict(), scim_ctx=Context.SEARCH_REQUEST))
    asked = _body(request, Staff, Context.RESOURCE_CREATION_REQUEST)
    row = staffing.open_staff(
        staffing.provisioner(client, origin_of(request)), client=client, user_name=asked.user_name, name=asked.name.formatted,
        id_number=asked[resources.Official].id_number, **resources.wanted(asked),
    )  # fmt: skip
    return 201, _shown(client, row, Context.RESOURCE_CREATION_RESPONSE, request), _headers(row)


@endpoint
def search(request: HttpRequest) -> Told:
    """The same list, asked for by POST, so that what is searched for stands in no log of addresses."""
    client = _client(request)
    _methods(request, "POST")
    return _list(client, request, _body(request, SearchRequest[Staff], Context.SEARCH_REQUEST))


def _list(client: Client, request: HttpRequest, asked: Any) -> Told:
    rows = queries.all_provisioned(client)
    held = staffing.roles_of_all(client, rows)
    found = [resources.told(row, held[row.id]) for row in rows]
    if asked.filter:
        found = [one for one in found if asked.filter.match(one)]
    if asked.sort_by:
        found = asked.sort(found)
    start = asked.start_index_0 or 0
    count = resources.PAGE if asked.count is None else min(asked.count, resources.PAGE)
    page = found[start : start + count]
    made = ListResponse[Staff](total_results=len(found), start_index=start + 1, items_per_page=len(page), resources=page)
    shape = ResponseParameters[Staff](attributes=asked.attributes, excluded_attributes=asked.excluded_attributes)
    return 200, made.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE, response_parameters=shape), {}


@endpoint
def user(request: HttpRequest, key: str) -> Told:
    """Read, replace, change or remove one."""
    client = _client(request)
    method = _methods(request, "GET", "PUT", "PATCH", "DELETE")
    row = _row(client, key)
    if method == "GET":
        if request.headers.get("If-None-Match") == resources.version(row):
            return 304, None, _headers(row)
        return 200, _shown(client, row, Context.RESOURCE_QUERY_RESPONSE, request), _headers(row)
    _same_version(request, row)
    actor = staffing.provisioner(client, origin_of(request))
    if method == "DELETE":
        staffing.remove_staff(actor, client=client, row=row.id)
        return 204, None, {}
    held = resources.told(row, staffing.roles_of(client, row))
    held[resources.Official].id_number = queries.id_number_of(row)  # never told, but what is sent again must be the same
    if method == "PUT":
        asked = _body(request, Staff, Context.RESOURCE_REPLACEMENT_REQUEST)
        with PROVIDER:
            asked.replace(held)
        context = Context.RESOURCE_REPLACEMENT_RESPONSE
    else:
        change = _body(request, PatchOp[Staff], Context.RESOURCE_PATCH_REQUEST)
        with PROVIDER:
            change.patch(held)
        asked, context = held, Context.RESOURCE_PATCH_RESPONSE
    row = staffing.change_staff(actor, client=client, row=row.id, seen=row.version, **resources.wanted(asked))
    return 200, _shown(client, row, context, request), _headers(row)


@endpoint
def service(request: HttpRequest) -> Told:
    _methods(request, "GET")
    return 200, resources.config().model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE), {}


@endpoint
def schemas(request: HttpRequest, key: str = "") -> Told:
    _methods(request, "GET")
    return _published(list(PROVIDER.schemas), key, Schema)


@endpoint
def resource_types(request: HttpRequest, key: str = "") -> Told:
    _methods(request, "GET")
    return _published(list(PROVIDER.resource_types), key, ResourceType)


def _published(found: list[Any], key: str, kind: Any) -> Told:
    for one in found:
        one.meta = resources.Meta(resource_type=kind.__name__, location=f"{resources.base()}/{kind.__name__}s/{one.id or one.name}")
    if key:
        named = next((one for one in found if key in (str(one.id), str(one.name))), None)
        if named is None:
            raise NotFoundException(detail=f"There is no {key}.")
        return 200, named.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE), {}
    made = ListResponse[kind](total_results=len(found), start_index=1, items_per_page=len(found), resources=found)
    return 200, made.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE), {}


@endpoint
def nothing(request: HttpRequest, rest: str = "") -> Told:
    """Whatever else is asked for below /scim/v2."""
    raise NotFoundException(detail=f"There is no /{rest}.")
