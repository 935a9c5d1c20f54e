"""Layout and components; also the administrators' site, behind our own login."""

from django import apps
from django.contrib.admin import apps as admin_apps


class UiConfig(apps.AppConfig):
    name = "tongban.ui"
    label = "ui"
    default = True


class SiteConfig(admin_apps.AdminConfig):
    default_site = "tongban.ui.site.AdministrationSite"
    default = False
