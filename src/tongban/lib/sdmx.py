"""SDMX 2.1 messages (ISO 17369:2013): structures, generic time-series data, errors, written; keys of the REST interface, read. Pure."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from xml.etree import ElementTree as ET

_BASE = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1"
MES, STR, COM, GEN = f"{_BASE}/message", f"{_BASE}/structure", f"{_BASE}/common", f"{_BASE}/data/generic"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
for _prefix, _space in (("mes", MES), ("str", STR), ("com", COM), ("gen", GEN)):
    ET.register_namespace(_prefix, _space)

STRUCTURE = "application/vnd.sdmx.structure+xml;version=2.1"
GENERIC = "application/vnd.sdmx.genericdata+xml;version=2.1"
CSV = "application/vnd.sdmx.data+csv;version=1.0.0"
VERSION = "1.0"
RELEASED = "RELEASED_ON"  # of a data set: beside validFromDate, which not every client reads


@dataclass(frozen=True, slots=True)
class Codelist:
    """`codes`: code → its names by language."""

    id: str
    names: Mapping[str, str]
    codes: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Cube:
    """A dataflow with its structure: dimensions in the order of keys, each with its codelist; time and value are understood."""

    agency: str
    id: str
    names: Mapping[str, str]
    dimensions: tuple[tuple[str, Mapping[str, str], Codelist], ...]
    attributes: tuple[tuple[str, Mapping[str, str]], ...]  # of a series


@dataclass(frozen=True, slots=True)
class Series:
    """`key` in the order of the dimensions; `attributes` in theirs; observations by period."""

    key: tuple[str, ...]
    attributes: tuple[str, ...]
    observations: Sequence[tuple[str, Decimal]]


@dataclass(frozen=True, slots=True)
class DataSet:
    """The series of one release; `valid_from` is the day since when they were known."""

    series: Sequence[Series]
    valid_from: date | None = None


class BadKey(ValueError):
    """A key or a period of the REST interface that cannot be read; the words say why."""


def key_of(told: str, dimensions: int) -> list[set[str]]:
    """The codes wanted of each dimension; an empty set for all. "A.gdp.37+11", "all", "" and "A..37" are keys."""
    if told in ("", "all"):
        return [set() for _n in range(dimensions)]
    parts = told.split(".")
    if len(parts) != dimensions:
        raise BadKey(f"the key has {len(parts)} parts, the structure {dimensions} dimensions")
    if not re.fullmatch(r"[A-Za-z0-9_+.-]{0,2000}", told, re.ASCII):
        raise BadKey("the key holds a sign that no code has")
    return [{code for code in part.split("+") if code} for part in parts]


def period_of(told: str) -> str:
    """A startPeriod or endPeriod as periods are kept: 2016, 2016-Q1, 2016-01 (a day counts as its month)."""
    if not told:
        return ""
    found = re.fullmatch(r"(\d{4})(?:-(Q[1-4]|0[1-9]|1[0-2])(?:-\d{2})?)?", told, re.ASCII)
    if not found:
        raise BadKey("a period is written like 2016, 2016-Q1 or 2016-01")
    return f"{found[1]}-{found[2]}" if found[2] else found[1]


def _text(parent: ET.Element, space: str, tag: str, words: str, **attributes: str) -> ET.Element:
    made = ET.SubElement(parent, f"{{{space}}}{tag}", attributes)
    made.text = words
    return made


def _named(parent: ET.Element, names: Mapping[str, str]) -> None:
    for language, words in names.items():
        _text(parent, COM, "Name", words, **{XML_LANG: language})


def _message(kind: str, sender: str, prepared: datetime, identifier: str) -> tuple[ET.Element, ET.Element]:
    root = ET.Element(f"{{{MES}}}{kind}")
    header = ET.SubElement(root, f"{{{MES}}}Header")
    _text(header, MES, "ID", identifier)
    _text(header, MES, "Test", "false")
    _text(header, MES, "Prepared", prepared.isoformat(timespec="seconds"))
    ET.SubElement(header, f"{{{MES}}}Sender", {"id": sender})
    return root, header


def _written(root: ET.Element) -> bytes:
    return ET.tostring(root, encoding="utf-8", xml_declaration=True)


def _artefact(parent: ET.Element, tag: str, cube: Cube, identifier: str, names: Mapping[str, str]) -> ET.Element:
    made = ET.SubElement(parent, f"{{{STR}}}{tag}", {"id": identifier, "agencyID": cube.agency, "version": VERSION, "isFinal": "false"})
    _named(made, names)
    return made


def _ref(parent: ET.Element, space: str, tag: str, **attributes: str) -> None:
    ET.SubElement(ET.SubElement(parent, f"{{{space}}}{tag}"), "Ref", attributes)


def structure(cube: Cube, prepared: datetime, wanted: Iterable[str] = ("dataflow", "codelist", "conceptscheme", "datastructure")) -> bytes:
    """A structure message with the kinds that are wanted, in the order of the schema."""
    root, _header = _message("Structure", cube.agency, prepared, f"{cube.id}-STRUCTURE")
    held = ET.SubElement(root, f"{{{MES}}}Structures")
    kinds = set(wanted)
    if "dataflow" in kinds:
        flow = _artefact(ET.SubElement(held, f"{{{STR}}}Dataflows"), "Dataflow", cube, cube.id, cube.names)
        _ref(flow, STR, "Structure", id=cube.id, agencyID=cube.agency, version=VERSION, **{"class": "DataStructure", "package": "datastructure"})
    if "codelist" in kinds:
        lists = ET.SubElement(held, f"{{{STR}}}Codelists")
        for _name, _words, codelist in cube.dimensions:
            made = _artefact(lists, "Codelist", cube, codelist.id, codelist.names)
            for code, names in codelist.codes.items():
                _named(ET.SubElement(made, f"{{{STR}}}Code", {"id": code}), names)
    if "conceptscheme" in kinds:
        scheme = _artefact(ET.SubElement(held, f"{{{STR}}}Concepts"), "ConceptScheme", cube, f"{cube.id}_CONCEPTS", cube.names)
        for name, words in _concepts(cube):
            _named(ET.SubElement(scheme, f"{{{STR}}}Concept", {"id": name}), words)
    if "datastructure" in kinds:
        _data_structure(ET.SubElement(held, f"{{{STR}}}DataStructures"), cube)
    return _written(root)


def _concepts(cube: Cube) -> list[tuple[str, Mapping[str, str]]]:
    fixed = [
        ("TIME_PERIOD", {"zh": "时期", "en": "Period"}), ("OBS_VALUE", {"zh": "数值", "en": "Value"}), (RELEASED, {"zh": "发布日期", "en": "Released on"}),
    ]  # fmt: skip
    return [*((name, words) for name, words, _list in cube.dimensions), *fixed, *cube.attributes]


def _component(parent: ET.Element, tag: str, cube: Cube, name: str, **attributes: str) -> ET.Element:
    made = ET.SubElement(parent, f"{{{STR}}}{tag}", {"id": name, **attributes})
    _ref(made, STR, "ConceptIdentity", id=name, maintainableParentID=f"{cube.id}_CONCEPTS", maintainableParentVersion=VERSION, agencyID=cube.agency,
         **{"class": "Concept", "package": "conceptscheme"})  # fmt: skip
    return made


def _data_structure(parent: ET.Element, cube: Cube) -> None:
    made = _artefact(parent, "DataStructure", cube, cube.id, cube.names)
    components = ET.SubElement(made, f"{{{STR}}}DataStructureComponents")
    dimensions = ET.SubElement(components, f"{{{STR}}}DimensionList", {"id": "DimensionDescriptor"})
    for place, (name, _words, codelist) in enumerate(cube.dimensions, 1):
        one = _component(dimensions, "Dimension", cube, name, position=str(place))
        local = ET.SubElement(one, f"{{{STR}}}LocalRepresentation")
        _ref(local, STR, "Enumeration", id=codelist.id, agencyID=cube.agency, version=VERSION, **{"class": "Codelist", "package": "codelist"})
    time = _component(dimensions, "TimeDimension", cube, "TIME_PERIOD", position=str(len(cube.dimensions) + 1))
    ET.SubElement(ET.SubElement(time, f"{{{STR}}}LocalRepresentation"), f"{{{STR}}}TextFormat", {"textType": "ObservationalTimePeriod"})
    attributes = ET.SubElement(components, f"{{{STR}}}AttributeList", {"id": "AttributeDescriptor"})
    for name, _words in cube.attributes:
        one = _component(attributes, "Attribute", cube, name, assignmentStatus="Mandatory")
        relation = ET.SubElement(one, f"{{{STR}}}AttributeRelationship")
        for dimension, _w, _list in cube.dimensions:
            _ref(relation, STR, "Dimension", id=dimension)
    released = _component(attributes, "Attribute", cube, RELEASED, assignmentStatus="Conditional")
    ET.SubElement(ET.SubElement(released, f"{{{STR}}}AttributeRelationship"), f"{{{STR}}}None")
    _component(ET.SubElement(components, f"{{{STR}}}MeasureList", {"id": "MeasureDescriptor"}), "PrimaryMeasure", cube, "OBS_VALUE")


def data(cube: Cube, sets: Iterable[DataSet], prepared: datetime) -> bytes:
    """A generic message, observations by period."""
    root, header = _message("GenericData", cube.agency, prepared, f"{cube.id}-DATA")
    told = ET.SubElement(header, f"{{{MES}}}Structure", {"structureID": cube.id, "dimensionAtObservation": "TIME_PERIOD"})
    _ref(told, COM, "Structure", id=cube.id, agencyID=cube.agency, version=VERSION, **{"class": "DataStructure", "package": "datastructure"})
    for one in sets:
        since = {"validFromDate": one.valid_from.isoformat()} if one.valid_from else {}
        held = ET.SubElement(root, f"{{{MES}}}DataSet", {"structureRef": cube.id, "action": "Replace", **since})
        if one.valid_from:
            told = ET.SubElement(held, f"{{{GEN}}}Attributes")
            ET.SubElement(told, f"{{{GEN}}}Value", {"id": RELEASED, "value": one.valid_from.isoformat()})
        for series in one.series:
            _series(held, cube, series)
    return _written(root)


def _series(parent: ET.Element, cube: Cube, one: Series) -> None:
    made = ET.SubElement(parent, f"{{{GEN}}}Series")
    key = ET.SubElement(made, f"{{{GEN}}}SeriesKey")
    for (name, _words, _list), code in zip(cube.dimensions, one.key, strict=True):
        ET.SubElement(key, f"{{{GEN}}}Value", {"id": name, "value": code})
    attributes = ET.SubElement(made, f"{{{GEN}}}Attributes")
    for (name, _words), value in zip(cube.attributes, one.attributes, strict=True):
        ET.SubElement(attributes, f"{{{GEN}}}Value", {"id": name, "value": value})
    for period, number in one.observations:
        observed = ET.SubElement(made, f"{{{GEN}}}Obs")
        ET.SubElement(observed, f"{{{GEN}}}ObsDimension", {"value": period})
        ET.SubElement(observed, f"{{{GEN}}}ObsValue", {"value": str(number)})


def as_csv(cube: Cube, sets: Iterable[DataSet]) -> bytes:
    """SDMX-CSV 1.0: one row an observation; one message may hold several vintages."""
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(["DATAFLOW", *(n for n, _w, _l in cube.dimensions), "TIME_PERIOD", "OBS_VALUE", *(n for n, _w in cube.attributes), RELEASED])
    flow = f"{cube.agency}:{cube.id}({VERSION})"
    for one in sets:
        for series in one.series:
            rows.writerows(
                [flow, *series.key, period, value, *series.attributes, one.valid_from.isoformat() if one.valid_from else ""]
                for period, value in series.observations
            )
    return out.getvalue().encode()


def error(code: int, words: str) -> bytes:
    """An error message; 100: no results, 140: syntax (SDMX REST, annex on status codes)."""
    root = ET.Element(f"{{{MES}}}Error")
    _text(ET.SubElement(root, f"{{{MES}}}ErrorMessage", {"code": str(code)}), COM, "Text", words)
    return _written(root)
