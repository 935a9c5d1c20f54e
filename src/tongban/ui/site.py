"""The administrators' tables."""

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from tongban.kernel.identity.rules import ONE_PROOF, TWO_PROOFS
from tongban.ui.guard import LEVEL


class AdministrationSite(AdminSite):
    """Django's admin without its own login: there is one login for everyone."""

    site_header = site_title = "通办·管理"
    index_title = "数据表（只读）与后台任务"

    def has_permission(self, request: HttpRequest) -> bool:
        """Who may open the tables, after two proofs where administrators need them."""
        strong = not settings.STRONG_LOGIN or request.session.get(LEVEL, ONE_PROOF) >= TWO_PROOFS
        return super().has_permission(request) and strong

    def login(self, request: HttpRequest, extra_context: object = None) -> HttpResponse:
        if super().has_permission(request):
            return redirect("account:security")  # logged in, but by one proof only
        return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)
