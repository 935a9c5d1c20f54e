"""Addresses of SCIM, below /scim/v2."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from tongban.lib.late import late
from tongban.ui.access import OPEN, allows

endpoints = late("tongban.rooms.trust.account.views.scim.endpoints")  # its models take a fifth of the whole start, and few installations use them


def _view(name: str) -> Any:
    """The endpoint of this name, with the marks that the doors before it look for."""

    @csrf_exempt
    @allows(OPEN)
    def run(request: HttpRequest, **parts: str) -> HttpResponse:
        answer: HttpResponse = getattr(endpoints, name)(request, **parts)
        return answer

    return run


app_name = "scim"
urlpatterns = [
    path("Users", _view("users"), name="users"),
    path(".search", _view("search"), name="search-all"),
    path("Users/.search", _view("search"), name="search"),
    path("Users/<str:key>", _view("user"), name="user"),
    path("ServiceProviderConfig", _view("service"), name="service"),
    path("Schemas", _view("schemas"), name="schemas"),
    path("Schemas/<str:key>", _view("schemas"), name="schema"),
    path("ResourceTypes", _view("resource_types"), name="resource-types"),
    path("ResourceTypes/<str:key>", _view("resource_types"), name="resource-type"),
    path("<path:rest>", _view("nothing"), name="nothing"),
]
