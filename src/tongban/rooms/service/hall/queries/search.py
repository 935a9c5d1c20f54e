"""Hall search: Chinese words, everyday words, pinyin; asked of PostgreSQL, ranked by rarity of what matched."""

import time
from dataclasses import dataclass
from typing import Any

from django.db import connection

from tongban.lib import codes, text
from tongban.rooms.service.hall.models import Matter, Synonym

SAMPLES = "51"  # imported matters of another province: shown last, marked, not to be applied for
_KEPT_SECONDS = 300
_kept: dict[str, tuple[float, object]] = {}


@dataclass(frozen=True, slots=True)
class Hit:
    """A matter found."""

    code: str
    name: str
    organ: str
    region: str
    task_type: str
    audience: str
    online: bool
    sample: bool


@dataclass(frozen=True, slots=True)
class Found:
    """A page of hits; `words` are what the question was understood as."""

    hits: list[Hit]
    total: int
    words: list[str]


def forget() -> None:
    _kept.clear()


def _keep(key: str, make: object) -> object:
    held = _kept.get(key)
    if held is None or time.monotonic() - held[0] > _KEPT_SECONDS:
        held = (time.monotonic(), make())  # type: ignore[operator]
        _kept[key] = held
    return held[1]


def _frequencies() -> dict[str, int]:
    """In how many matters of the whole catalogue each word stands, from PostgreSQL's sample."""

    def make() -> dict[str, int]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT word, ndoc FROM ts_stat('SELECT search FROM hall_matter WHERE id % (SELECT greatest(1, count(*) / 5000) FROM hall_matter) = 0')"
            )
            return dict(cursor.fetchall())

    return _keep("frequencies", make)  # type: ignore[return-value]


def _synonyms() -> dict[str, str]:
    return _keep("synonyms", lambda: dict(Synonym.objects.values_list("word", "means")))  # type: ignore[return-value]


def terms(question: str) -> list[str]:
    """A question as tsquery terms, all to be met: a word, or a word with what it stands for."""
    if text.looks_like_pinyin(question):
        return [f"{text.quoted('py:' + question.replace(' ', '').lower())}:*"]
    synonyms = _synonyms()
    found = []
    for phrase, means in synonyms.items():
        # An everyday phrase may be longer than a word: it is looked for in the question itself.
        if phrase in question:
            question = question.replace(phrase, " ")
            options = [" & ".join(text.quoted(w) for w in text.words(m)) for m in means.split()]
            found.append("(" + " | ".join(f"({o})" for o in [*options, text.quoted(phrase)] if o) + ")")
    return found + [text.quoted(w) for w in (text.meaningful(question) if question.strip() else [])]


@dataclass(frozen=True, slots=True)
class Facets:
    """What narrows a search; "" narrows nothing."""

    audience: str = ""
    task_type: str = ""
    department: str = ""
    event: str = ""

    def filters(self) -> tuple[str, dict[str, str]]:
        """SQL conditions and their values."""
        told = {
            "audience": (self.audience, "(m.audience = %(audience)s OR m.audience = 'both')"),
            "type": (self.task_type, "i.task_type = %(type)s"),
            "department": (self.department, "i.department = %(department)s"),
            "event": (self.event, "m.version_id IN (SELECT id FROM hall_matterversion WHERE content->'life_events' ? %(event)s)"),
        }
        chosen = {name: (value, condition) for name, (value, condition) in told.items() if value}
        return "".join(f" AND {condition}" for _value, condition in chosen.values()), {name: value for name, (value, _c) in chosen.items()}


NO_FACETS = Facets()


def search(question: str, *, region: str, facets: Facets = NO_FACETS, page: int = 1, size: int = 20) -> Found:
    """Matters that answer a question in a region: its own, those above it, and samples last.

    All words must match. While nothing does, words that stand nowhere are dropped, then the commonest.
    """
    common = _frequencies()
    asked = sorted(terms(question), key=lambda t: common.get(t.strip("'"), 0))
    while True:
        found = _run(asked, region, facets, page, size)
        if found.total or len(asked) <= 1:
            return found
        known = [t for t in asked if _stands_somewhere(t)]
        asked = known if known and len(known) < len(asked) else asked[:-1]


def _stands_somewhere(term: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM hall_matter WHERE search @@ %s::tsquery)", [term])
        return bool(cursor.fetchone()[0])


_WHERE = """
    FROM hall_matter m JOIN hall_catalogueitem i ON i.id = m.item_id
    WHERE m.state = 'in-force' AND {scope} {filters}"""


def _run(asked: list[str], region: str, facets: Facets, page: int, size: int) -> Found:
    whole = len(region) < 6
    scope = (
        "(m.region_code LIKE %(prefix)s OR m.region_code = ANY(%(up)s) OR m.region_code LIKE %(samples)s)"
        if whole
        else "(m.region_code = ANY(%(up)s) OR m.region_code LIKE %(samples)s)"
    )
    filters, narrowed = facets.filters()
    values: dict[str, Any] = {
        "prefix": region + "%", "up": codes.ancestors(region), "samples": SAMPLES + "%", "size": size, "from": (page - 1) * size, **narrowed,
    }  # fmt: skip
    if asked:
        filters += " AND m.search @@ %(query)s::tsquery"
        values["query"] = " & ".join(asked)
    rank = "ts_rank('{0.05, 0.2, 0.6, 1.0}', m.search, %(query)s::tsquery, 1)" if asked else "0"
    where = _WHERE.format(scope=scope, filters=filters)
    # One row an item first, then the rank: ranking every region's copy of an item would cost most of the time.
    statement = f"""
        WITH one AS (
          SELECT DISTINCT ON (m.item_id) m.id, i.task_type {where}
          ORDER BY m.item_id, (m.region_code = ANY(%(up)s)) DESC, length(m.region_code) DESC, m.id)
        SELECT m.id, m.code, m.name, m.organ_name, m.region_code, one.task_type, m.audience, m.online, count(*) OVER ()
        FROM one JOIN hall_matter m ON m.id = one.id
        ORDER BY m.region_code LIKE %(samples)s, {rank} + least(m.popularity, 100) * 0.0005 DESC, length(m.name), m.id
        LIMIT %(size)s OFFSET %(from)s"""  # noqa: S608 - fixed parts
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows = cursor.fetchall()
    hits = [Hit(code, name, organ, place, kind, who, online, place.startswith(SAMPLES)) for _id, code, name, organ, place, kind, who, online, _n in rows]
    return Found(hits, rows[0][-1] if rows else 0, [t.strip("'") for t in asked])


def vector_of(one: Matter, phrases: list[str]) -> str:
    """The tsvector of a matter: its name first, then everyday phrases, then organ; pinyin as tokens of their own."""
    plain = text.vector({one.name: "A", **dict.fromkeys(phrases, "B"), one.organ_name: "D"})
    sounds: dict[str, None] = {}
    for phrase in [one.name, *phrases]:
        sounds |= dict.fromkeys(text.pinyin(phrase))
        for word in text.words(phrase):
            if len(word) > 1:
                sounds[text.pinyin(word)[0]] = None
    spoken = " ".join(f"{text.quoted('py:' + s)}:{i + 1}C" for i, s in enumerate(s for s in sounds if s))
    return f"{plain} {spoken}"
