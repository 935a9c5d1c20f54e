"""The first page, the region switch, open government information."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme

from tongban.kernel.orgs import queries as orgs
from tongban.rooms.service.hall.queries import figures, matters, ratings
from tongban.ui.access import OPEN, allows
from tongban.ui.chrome import REGION_COOKIE, region_of
from tongban.ui.maps import region_map

PERSON = (("社会保障", "社保卡"), ("退休养老", "退休"), ("老年优待", "老年人优待证"), ("生育收养", "生育登记"), ("社会救助", "低保"),
          ("残疾人", "残疾人证"), ("执业资格", "护士执业"), ("住房不动产", "过户"), ("创业开业", "个体户"))  # fmt: skip
ENTERPRISE = (("设立登记", "开公司"), ("餐饮食品", "开饭店"), ("劳动用工", "劳务派遣"), ("人力资源", "人力资源服务"), ("道路运输", "道路运输"),
              ("环境保护", "排污许可"), ("取水用水", "取水许可"), ("公共场所", "公共场所卫生"), ("户外广告", "户外广告"))  # fmt: skip


@allows(OPEN)
def home(request: HttpRequest) -> HttpResponse:
    """The hall's door."""
    region = region_of(request)
    context = {
        "tab": "home", "map": region_map("city"), "counts": matters.home_figures(region), "popular": matters.popular(region),
        "person": PERSON, "enterprise": ENTERPRISE, "events": matters.life_events(), "work": figures.work_done(),
        "days": figures.last_days(14), "lists": matters.list_sizes(), "city": region[:4],
    }  # fmt: skip
    return render(request, "hall/home.html", context)


@allows(OPEN)
def choose_region(request: HttpRequest, code: str) -> HttpResponse:
    """Keep the region in a cookie and go back."""
    wanted = request.GET.get("next", "/")
    response = redirect(wanted if url_has_allowed_host_and_scheme(wanted, {request.get_host()}) else "/")
    response.set_cookie(REGION_COOKIE, orgs.place(code).code, max_age=365 * 86400, samesite="Lax", httponly=True)
    return response


@allows(OPEN)
def about(request: HttpRequest) -> HttpResponse:
    return render(request, "hall/about.html", {})


@allows(OPEN)
def openness(request: HttpRequest) -> HttpResponse:
    """政务公开: organs of the region, lists, work done."""
    region = region_of(request)
    found = orgs.organs(region, exact=True)
    page = Paginator(found, 30).get_page(request.GET.get("page"))
    context = {"tab": "openness", "page": page, "lists": matters.list_sizes(), "work": figures.work_done(region), "savings": figures.savings(region)}
    return render(request, "hall/openness.html", context)


@allows(OPEN)
def organ(request: HttpRequest, key: str) -> HttpResponse:
    """An organ: who it is, whom it followed, what it handles, how it is rated."""
    one = orgs.organ(key)
    rated = [r for r in ratings.office_results(one.region_code) if r.organ == one.name]
    rows = matters.organ_matters(one.id)
    context = {
        "organ": one, "history": orgs.organ_history(one), "matters": rows[:100], "total": rows.count(),
        "rated": rated[0] if rated else None, "work": figures.work_of_organ(one.id), "tab": "openness",
    }  # fmt: skip
    return render(request, "hall/organ.html", context)


@allows(OPEN)
def convenience(request: HttpRequest) -> HttpResponse:
    """便民服务: the ways that need no application."""
    return render(request, "hall/convenience.html", {"tab": "home"})
