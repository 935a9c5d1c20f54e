"""Addresses of the OpenID Provider: at the root, as discovery asks."""

from django.urls import path

from tongban.rooms.trust.account.views.provider import authorize, endpoints

app_name = "provider"
urlpatterns = [
    path(".well-known/openid-configuration", endpoints.configuration, name="configuration"),
    path("oauth/jwks", endpoints.jwks, name="jwks"),
    path("oauth/authorize", authorize.authorize, name="authorize"),
    path("oauth/token", endpoints.token, name="token"),
    path("oauth/userinfo", endpoints.userinfo, name="userinfo"),
    path("oauth/introspect", endpoints.introspect, name="introspect"),
    path("oauth/revoke", endpoints.revoke, name="revoke"),
    path("oauth/device_authorization", endpoints.device_authorization, name="device-authorization"),
    path("oauth/device", endpoints.device, name="device"),
    path("oauth/logout", endpoints.end_session, name="logout"),
]
