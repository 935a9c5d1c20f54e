"""Addresses of the base registries."""

from django.urls import path

from tongban.rooms.data.registries.views import findings, geography, linkages, macro, private, subjects, work

app_name = "registries"
urlpatterns = [
    path("", work.overview, name="overview"),
    path("population/", subjects.population, name="population"),
    path("entities/", subjects.entities, name="entities"),
    path("entities/<str:code>/", subjects.entity, name="entity"),
    path("conflicts/", work.conflicts, name="conflicts"),
    path("linkages/", linkages.linkages, name="linkages"),
    path("linkages/<int:linkage>/", linkages.linkage, name="linkage"),
    path("private/", private.comparisons, name="privates"),
    path("private/<int:comparison>/", private.comparison, name="private"),
    path("findings/", findings.findings, name="findings"),
    path("geography/", geography.geography, name="geography"),
    path("macro/", macro.macro, name="macro"),
    path("corrections/", work.corrections, name="corrections"),
]
