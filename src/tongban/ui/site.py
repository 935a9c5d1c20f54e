"""The administrators' tables."""

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse


class AdministrationSite(AdminSite):
    """Django's admin without its own login: there is one login for everyone."""

    site_header = site_title = "通办·管理"
    index_title = "数据表（只读）与后台任务"

    def login(self, request: HttpRequest, extra_context: object = None) -> HttpResponse:
        return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)
