"""Makes the management commands of the assembly known to Django."""

from django.apps import AppConfig


class AssemblyConfig(AppConfig):
    name = "tongban.config"
    label = "assembly"
