"""The catalogue for other catalogues (DCAT-AP, checked by pyshacl), and where data come from and go."""

import os
from pathlib import Path

import pytest
from django.conf import settings
from pyshacl import validate
from rdflib import DCAT, DCTERMS, RDF, Graph, Literal

from tongban.kernel.catalogue import seed
from tongban.kernel.catalogue.models import Resource
from tongban.kernel.catalogue.queries import resources
from tongban.kernel.identity.actor import system
from tongban.lib import dcat

pytestmark = pytest.mark.django_db
PLATFORM = system("测试")
SHAPES = [Path(dcat.__file__).parent / "tests" / "dcat-ap.ttl", *filter(None, [os.environ.get("TONGBAN_DCAT_AP_SHAPES")])]


@pytest.fixture(autouse=True)
def shown():
    seed.load_demo(PLATFORM, settings.DATASETS / "catalogue")


@pytest.mark.parametrize("form", list(dcat.FORMATS))
def test_every_published_resource_is_a_dataset_in_each_format(as_persona, form):
    answer = as_persona("tao").get("/exchange/dcat/", {"format": form})
    assert answer.headers["Content-Type"].startswith(dcat.FORMATS[form])
    graph = Graph().parse(data=answer.content, format=form)
    told = {str(graph.value(s, DCTERMS.identifier)) for s in graph.subjects(RDF.type, DCAT.Dataset)}
    assert told == set(resources.published(PLATFORM).values_list("resource__code", flat=True))


@pytest.mark.parametrize("shapes", SHAPES, ids=str)
def test_pyshacl_accepts_the_catalogue(as_persona, shapes):
    graph = Graph().parse(data=as_persona("tao").get("/exchange/dcat/").content, format="turtle")
    good, _report, words = validate(graph, shacl_graph=str(shapes))
    assert good, words


def test_the_shapes_would_refuse_a_catalogue_that_lacks_what_the_profile_asks_for(as_persona):
    graph = Graph().parse(data=as_persona("tao").get("/exchange/dcat/").content, format="turtle")
    one = next(graph.subjects(RDF.type, DCAT.Dataset))
    graph.remove((one, DCTERMS.description, None))
    graph.set((one, DCTERMS.accrualPeriodicity, Literal("每日")))
    good, _report, words = validate(graph, shacl_graph=str(SHAPES[0]))
    assert not good
    assert words.count("Constraint Violation") == 2


def test_a_format_that_is_none_is_named(as_persona):
    assert as_persona("tao").get("/exchange/dcat/", {"format": "pdf"}).status_code == 422
    answer = as_persona("tao").get("/exchange/dcat/", headers={"Accept": "application/ld+json"})
    assert answer.headers["Content-Type"].startswith("application/ld+json")


def test_a_resource_tells_what_it_is_made_from_who_uses_it_and_which_forms_it_fills(as_persona):
    held = Resource.objects.get(supply="legal.entity")
    page = as_persona("xu").get(f"/exchange/resources/{held.key}/").content.decode()
    told = page[page.index("数据来龙去脉") : page.index("办理过程") if "办理过程" in page else None]
    assert "法定代表人信息" in told  # names it as related
    assert "省人力资源社会保障厅" in told or "省人社厅" in told  # an agreement in force
    assert "食品经营许可" in told  # a form of the hall
    child = Resource.objects.get(supply="legal.representative")
    assert "企业基本信息" in as_persona("xu").get(f"/exchange/resources/{child.key}/").content.decode()


def test_a_resource_that_nobody_uses_shows_no_lineage(as_persona):
    held = Resource.objects.get(published__title="主要经济指标")
    assert "数据来龙去脉" not in as_persona("xu").get(f"/exchange/resources/{held.key}/").content.decode()
