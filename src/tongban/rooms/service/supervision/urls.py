"""Addresses of supervision."""

from django.urls import path

from tongban.rooms.service.supervision.views import board, lights

app_name = "supervision"
urlpatterns = [
    path("", board.board, name="board"),
    path("efficiency/", board.efficiency, name="efficiency"),
    path("lights/", lights.light_list, name="light-list"),
    path("lights/<int:light>/", lights.light, name="light"),
    path("lights/<int:light>/act/", lights.act, name="act"),
]
