"""What every page carries around its content: region, menu, language, notices."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language

from tongban.kernel.identity import queries as identity
from tongban.kernel.notices import queries as notices
from tongban.kernel.orgs import queries as orgs
from tongban.lib.errors import NotFound
from tongban.lib.rooms import MENU
from tongban.ui.access import actor_of

REGION_COOKIE = "region"
HOME_REGION = "37"


def region_of(request: HttpRequest) -> str:
    """The region that the visitor chose, else the whole province."""
    chosen = request.GET.get("region") or request.COOKIES.get(REGION_COOKIE, HOME_REGION)
    try:
        return orgs.place(chosen).code
    except NotFound:
        return HOME_REGION


def page_frame(request: HttpRequest) -> dict[str, Any]:
    """Context of the two layouts. Lazy where it costs a query."""
    actor = actor_of(request)

    def region() -> Any:
        here = orgs.place(region_of(request))
        city = here.code[:4] if len(here.code) >= 4 else ""
        return {
            "here": here, "name": orgs.full_name(here.code), "cities": orgs.places("37"),
            "city": orgs.place(city) if city else None, "counties": orgs.places(city) if city else [],
        }  # fmt: skip

    return {
        "actor": actor,
        "demo": settings.DEMO,
        "region": region,
        "menu": lambda: [m for m in MENU if actor.may(m.permission)],
        "unread": lambda: notices.unread(actor),
        "mandates": lambda: identity.mandates(actor) if actor.logged_in else [],
        "english": get_language() == "en",
    }
