"""What a personnel system sees of an official, in SCIM's words; models and PATCH are scim2-models'."""

from typing import Annotated, Any

from django.conf import settings
from pydantic import Field
from scim2_models import URN, Context, Email, Extension, Meta, Mutability, PhoneNumber, Required, Resource, ResourceType, Returned, ScimProvider, Uniqueness
from scim2_models import AuthenticationScheme, Bulk, ChangePassword, ETag, Filter, Patch, ServiceProviderConfig, Sort
from scim2_models.attributes import ComplexAttribute

from tongban.rooms.trust.account import rules
from tongban.rooms.trust.account.models import Provisioned

PAGE = 200


class Name(ComplexAttribute):
    """Chinese names are not taken apart."""

    formatted: Annotated[str | None, Required.true, Mutability.immutable] = None


class Role(ComplexAttribute):
    """A role within the organ, held in the organ's region."""

    value: Annotated[str | None, Required.true] = Field(None, examples=list(rules.PROVISIONED))


class Official(Extension):
    """What the province needs besides: the identity number, which is never given back."""

    __schema__ = URN("urn:tongban:params:scim:schemas:2.0:Official")

    id_number: Annotated[str | None, Required.true, Mutability.immutable, Returned.never] = None
    employee_number: str | None = None


class User(Resource[Any]):
    """An official of the client's organ."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:User")

    user_name: Annotated[str | None, Required.true, Mutability.immutable, Uniqueness.server] = None
    name: Annotated[Name | None, Required.true, Mutability.immutable] = None
    active: bool | None = None
    emails: list[Email] | None = None
    phone_numbers: list[PhoneNumber] | None = None
    roles: list[Role] | None = None


Staff = User[Annotated[Official, Required.true]]
PROVIDER = ScimProvider([User, Official], [ResourceType.from_resource(Staff)])


def told(row: Provisioned, held: list[str]) -> Any:
    """The resource of a row; `held`: its roles in the organ. Those of whoever is suspended come back with the official."""
    document = row.document
    roles = [r for r in document.get("roles", []) if r in held or not row.active]
    roles += [r for r in held if r not in roles]
    made = Staff(
        id=str(row.id), external_id=row.external_id or None, user_name=row.user_name, name=Name(formatted=document["name"]),
        active=row.active if document.get("told_active", True) else None,
        emails=document.get("emails") or None, phone_numbers=document.get("phones") or None, roles=[Role(value=r) for r in roles] or None,
        meta=Meta(resource_type="User", created=row.created_at, last_modified=row.changed_at, location=f"{base()}/Users/{row.id}", version=version(row)),
    )  # fmt: skip
    made[Official] = Official(employee_number=document.get("employee_number") or None)
    return made


def wanted(resource: Any) -> dict[str, Any]:
    """What a resource asks for, in the commands' words; a mapping for `commands.staffing`."""
    extra = resource[Official]
    return {
        "external_id": resource.external_id or "", "active": resource.active,
        "emails": _listed(resource.emails), "phones": _listed(resource.phone_numbers),
        "roles": list(dict.fromkeys(r.value for r in resource.roles or [] if r.value)), "employee_number": (extra.employee_number if extra else "") or "",
    }  # fmt: skip


def _listed(values: list[Any] | None) -> list[dict[str, Any]]:
    return [v.model_dump(scim_ctx=Context.DEFAULT, exclude_none=True) for v in values or []]


def version(row: Provisioned) -> str:
    return f'W/"{row.version}"'


def base() -> str:
    return f"{str(settings.PUBLIC_ADDRESS).rstrip('/')}/scim/v2"


def config() -> ServiceProviderConfig:
    """What this service can do: PATCH, filters, sorting, ETags; no bulk, no passwords."""
    scheme = AuthenticationScheme(
        type=AuthenticationScheme.Type.oauthbearertoken, name="OAuth 2.0 client credentials", description="POST /oauth/token, scope=scim", primary=True
    )
    return ServiceProviderConfig(
        patch=Patch(supported=True), bulk=Bulk(supported=False, max_operations=0, max_payload_size=0), filter=Filter(supported=True, max_results=PAGE),
        change_password=ChangePassword(supported=False), sort=Sort(supported=True), etag=ETag(supported=True), authentication_schemes=[scheme],
        meta=Meta(resource_type="ServiceProviderConfig", location=f"{base()}/ServiceProviderConfig"),
    )  # fmt: skip
