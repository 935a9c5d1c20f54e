"""Addresses of SCIM, below /scim/v2."""

from django.urls import path

from tongban.rooms.trust.account.views.scim import endpoints

app_name = "scim"
urlpatterns = [
    path("Users", endpoints.users, name="users"),
    path(".search", endpoints.search, name="search-all"),
    path("Users/.search", endpoints.search, name="search"),
    path("Users/<str:key>", endpoints.user, name="user"),
    path("ServiceProviderConfig", endpoints.service, name="service"),
    path("Schemas", endpoints.schemas, name="schemas"),
    path("Schemas/<str:key>", endpoints.schemas, name="schema"),
    path("ResourceTypes", endpoints.resource_types, name="resource-types"),
    path("ResourceTypes/<str:key>", endpoints.resource_types, name="resource-type"),
    path("<path:rest>", endpoints.nothing, name="nothing"),
]
