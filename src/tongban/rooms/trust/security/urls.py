"""Addresses of the security centre."""

from django.urls import path

from tongban.rooms.trust.security.views import alerts, incidents, posture, systems, warnings

app_name = "security"
urlpatterns = [
    path("", posture.posture, name="posture"),
    path("events/", posture.events, name="events"),
    path("quarantine/", posture.quarantine, name="quarantine"),
    path("rules/", posture.rules, name="rules"),
    path("alerts/", alerts.alerts, name="alerts"),
    path("alerts/<int:alert>/", alerts.alert, name="alert"),
    path("incidents/", incidents.incidents, name="incidents"),
    path("incidents/<slug:number>/", incidents.incident, name="incident"),
    path("warnings/", warnings.warnings, name="warnings"),
    path("warnings/<slug:number>/", warnings.warning, name="warning"),
    path("warned/", warnings.warned, name="warned"),
    path("warned/<slug:number>/", warnings.own, name="own"),
    path("systems/", systems.systems, name="systems"),
    path("systems/<slug:system>/", systems.system, name="system"),
]
