"""A catalogue of resources as DCAT 3 under the DCAT-AP 3.0 profile, so that other catalogues can read it: Turtle, JSON-LD or RDF/XML.

Codes of the frequency and of the access right are those of the EU's authority tables, which the profile asks for.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from rdflib import DCAT, DCTERMS, FOAF, RDF, SKOS, XSD, Graph, Literal, Namespace, URIRef

ADMS = Namespace("http://www.w3.org/ns/adms#")
DCAT_VERSION = URIRef(f"{DCAT}version")  # of DCAT 3, newer than the list in rdflib
FREQUENCY = Namespace("http://publications.europa.eu/resource/authority/frequency/")
ACCESS = Namespace("http://publications.europa.eu/resource/authority/access-right/")
LANGUAGE = URIRef("http://publications.europa.eu/resource/authority/language/ZHO")
FREQUENCIES = {"realtime": "CONT", "daily": "DAILY", "weekly": "WEEKLY", "monthly": "MONTHLY", "quarterly": "QUARTERLY", "yearly": "ANNUAL"}
ACCESSES = {"unconditional": "RESTRICTED", "conditional": "RESTRICTED", "refused": "NON_PUBLIC"}  # shared among departments is not yet open
FORMATS = {"turtle": "text/turtle", "json-ld": "application/ld+json", "xml": "application/rdf+xml"}


@dataclass(frozen=True, slots=True)
class Agent:
    """A department, or who keeps the catalogue; `code` is its unified social credit code."""

    key: str
    name: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Concept:
    """A class of the catalogue."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Dataset:
    """A published resource; `related` are keys of resources it is made from or belongs to."""

    key: str
    code: str
    title: str
    description: str
    publisher: Agent
    classes: tuple[Concept, ...]
    sharing: str
    cycle: str
    opening: bool
    version: int
    issued: date | None
    format: str
    items: tuple[str, ...]
    related: tuple[str, ...] = ()
    query: bool = False


def catalogue(base: str, keeper: Agent, title: str, description: str, datasets: Iterable[Dataset]) -> Graph:
    """The graph; `base` is the address of the site, without a slash at its end."""
    made = Graph()
    for prefix, space in (("dcat", DCAT), ("dct", DCTERMS), ("foaf", FOAF), ("skos", SKOS), ("adms", ADMS)):
        made.bind(prefix, space)
    whole, scheme = URIRef(f"{base}/exchange/dcat/#catalogue"), URIRef(f"{base}/exchange/dcat/#classes")
    made.add((whole, RDF.type, DCAT.Catalog))
    made.add((whole, DCTERMS.title, Literal(title, lang="zh")))
    made.add((whole, DCTERMS.description, Literal(description, lang="zh")))
    made.add((whole, DCTERMS.publisher, _agent(made, base, keeper)))
    made.add((whole, DCTERMS.language, LANGUAGE))
    made.add((LANGUAGE, RDF.type, DCTERMS.LinguisticSystem))
    made.add((whole, DCAT.themeTaxonomy, scheme))
    made.add((whole, FOAF.homepage, URIRef(f"{base}/exchange/")))
    made.add((URIRef(f"{base}/exchange/"), RDF.type, FOAF.Document))
    made.add((scheme, RDF.type, SKOS.ConceptScheme))
    made.add((scheme, DCTERMS.title, Literal("政务信息资源分类", lang="zh")))
    service = _service(made, base)
    made.add((whole, DCAT.service, service))
    for one in datasets:
        made.add((whole, DCAT.dataset, _dataset(made, base, scheme, service, one)))
    return made


def _agent(made: Graph, base: str, one: Agent) -> URIRef:
    subject = URIRef(f"{base}/exchange/dcat/#organ-{one.key}")
    made.add((subject, RDF.type, FOAF.Agent))
    made.add((subject, FOAF.name, Literal(one.name, lang="zh")))
    if one.code:
        made.add((subject, DCTERMS.identifier, Literal(one.code)))
    return subject


def _service(made: Graph, base: str) -> URIRef:
    subject = URIRef(f"{base}/exchange/dcat/#query")
    made.add((subject, RDF.type, DCAT.DataService))
    made.add((subject, DCTERMS.title, Literal("单笔查询", lang="zh")))
    made.add((subject, DCAT.endpointURL, URIRef(f"{base}/api/exchange/agreements/")))
    made.add((subject, DCAT.endpointDescription, URIRef(f"{base}/api/openapi.json")))
    return subject


def _dataset(made: Graph, base: str, scheme: URIRef, service: URIRef, one: Dataset) -> URIRef:
    subject, page = URIRef(f"{base}/exchange/resources/{one.key}/#dataset"), URIRef(f"{base}/exchange/resources/{one.key}/")
    made.add((subject, RDF.type, DCAT.Dataset))
    made.add((subject, DCTERMS.title, Literal(one.title, lang="zh")))
    made.add((subject, DCTERMS.description, Literal(one.description or one.title, lang="zh")))
    made.add((subject, DCTERMS.identifier, Literal(one.code)))
    made.add((subject, DCTERMS.publisher, _agent(made, base, one.publisher)))
    made.add((subject, DCAT_VERSION, Literal(str(one.version))))
    made.add((subject, DCAT.landingPage, page))
    made.add((page, RDF.type, FOAF.Document))
    for word in one.items:
        made.add((subject, DCAT.keyword, Literal(word, lang="zh")))
    if one.issued:
        made.add((subject, DCTERMS.issued, Literal(one.issued.isoformat(), datatype=XSD.date)))
    if one.cycle in FREQUENCIES:
        made.add((subject, DCTERMS.accrualPeriodicity, FREQUENCY[FREQUENCIES[one.cycle]]))
        made.add((FREQUENCY[FREQUENCIES[one.cycle]], RDF.type, DCTERMS.Frequency))
    access = ACCESS["PUBLIC" if one.opening else ACCESSES[one.sharing]]
    made.add((subject, DCTERMS.accessRights, access))
    made.add((access, RDF.type, DCTERMS.RightsStatement))
    for concept in one.classes:
        made.add((subject, DCAT.theme, _concept(made, base, scheme, concept)))
    for key in one.related:
        made.add((subject, DCTERMS.relation, URIRef(f"{base}/exchange/resources/{key}/#dataset")))
    made.add((subject, DCAT.distribution, _distribution(made, base, page, service, one)))
    return subject


def _concept(made: Graph, base: str, scheme: URIRef, one: Concept) -> URIRef:
    subject = URIRef(f"{base}/exchange/dcat/#class-{one.code}")
    made.add((subject, RDF.type, SKOS.Concept))
    made.add((subject, SKOS.prefLabel, Literal(one.name, lang="zh")))
    made.add((subject, SKOS.notation, Literal(one.code)))
    made.add((subject, SKOS.inScheme, scheme))
    return subject


def _distribution(made: Graph, base: str, page: URIRef, service: URIRef, one: Dataset) -> URIRef:
    subject, form = URIRef(f"{base}/exchange/resources/{one.key}/#distribution"), URIRef(f"{base}/exchange/dcat/#format-{one.format}")
    made.add((subject, RDF.type, DCAT.Distribution))
    made.add((subject, DCTERMS.title, Literal(one.title, lang="zh")))
    made.add((subject, DCAT.accessURL, page))
    made.add((subject, DCTERMS["format"], form))
    made.add((form, RDF.type, DCTERMS.MediaTypeOrExtent))
    if one.query:
        made.add((subject, DCAT.accessService, service))
        made.add((service, DCAT.servesDataset, URIRef(f"{base}/exchange/resources/{one.key}/#dataset")))
    return subject


def written(made: Graph, form: str) -> bytes:
    """The graph in one of FORMATS."""
    return made.serialize(format=form, encoding="utf-8")
