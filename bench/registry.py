"""A million persons: one by identity number as an office asks for it; the province's comparisons beside the bare statements; two tables of two million by key beside a bare join."""

import os
import random
import time
from collections.abc import Callable
from typing import Any

from bench.harness import installation, main, percentile

ROWS = int(os.environ.get("ROWS", "2000000"))
PEOPLE = int(os.environ.get("PEOPLE", "1000000"))
ASKED = 5000


def measure(say: Callable[[str], None]) -> dict[str, Any]:
    """Loads the synthetic province, then asks."""
    with installation():
        from django.conf import settings
        from django.db import connection

        from tongban.config import loading
        from tongban.rooms.data.registries import rules, seed
        from tongban.rooms.data.registries.commands import comparisons
        from tongban.rooms.data.registries.models import Person
        from tongban.rooms.data.registries.queries import findings, masters

        loading.load_base(settings.DATASETS)
        began = time.perf_counter()
        seed.load_synthetic(settings.DATASETS / "registries", PEOPLE)
        loaded = time.perf_counter() - began
        say(f"{PEOPLE:,} persons with their enterprises in {loaded:.0f} s")
        first, last = Person.objects.order_by("id").values_list("id", flat=True).first(), Person.objects.order_by("-id").values_list("id", flat=True).first()
        chosen = random.Random(1).sample(range(first, last + 1), ASKED)
        numbers = [p.content["id_number"] for p in Person.objects.filter(id__in=chosen)]
        spent = []
        for number in numbers:
            began = time.perf_counter()
            told = rules.answer("population.person", masters.person_numbered(number).content)
            spent.append((time.perf_counter() - began) * 1000)
            assert told["id_number"] == number
        ratios = {name: round(_ratio(connection, comparisons, findings, name), 2) for name in rules.COMPARISONS}
        detail = {
            "person_ms": round(percentile(spent, 0.5), 3), "person_p99_ms": round(percentile(spent, 0.99), 3), "people": PEOPLE, "load_s": round(loaded),
            "comparison_ratio": max(ratios.values()), "ratios": ratios,
        }  # fmt: skip
        detail |= _by_key(os.environ["DATABASE_URL"], say)
        say(f"person by number: {detail['person_ms']} ms (p99 {detail['person_p99_ms']}); comparisons {ratios} times the bare statement")
        return {"value": detail["person_ms"], "unit": "ms", "detail": detail}


def _by_key(url: str, say: Callable[[str], None]) -> dict[str, float]:
    """2,000,000 × 2,000,000: one in fifty on one side alone, one in fifty differs in its state; findings kept. The bare join counts what differs."""
    import psycopg

    from tongban.lib.bus import comparison

    with psycopg.connect(url, autocommit=True) as line:
        for table, shift in (("bench_left", 0), ("bench_right", ROWS // 50)):
            line.execute(f"""CREATE TABLE {table} AS SELECT lpad((n * 7919 % 100000007)::text, 18, '0') AS id, '合成' || n AS name,
                             CASE WHEN n % 50 = 1 AND {shift} > 0 THEN '注销' ELSE '存续' END AS state FROM generate_series({shift + 1}::bigint, {ROWS + shift}::bigint) n ORDER BY md5(n::text)""")
            line.execute(f"ALTER TABLE {table} ADD PRIMARY KEY (id)")
            line.execute(f"VACUUM ANALYZE {table}")
        ratios = []
        for _n in range(3):
            began = time.perf_counter()
            line.execute("SELECT count(*) FROM bench_left l FULL JOIN bench_right r ON l.id = r.id WHERE l.state IS DISTINCT FROM r.state").fetchone()
            bare = time.perf_counter() - began
            began = time.perf_counter()
            found = comparison.compare(url, "bench_left", "bench_right", key="id", columns=["name", "state"])
            whole = time.perf_counter() - began
            ratios.append(whole / bare)
    assert found.only_left == found.only_right == ROWS // 50
    say(f"{ROWS:,} × {ROWS:,} by key: {whole:.1f} s beside {bare:.1f} s; {found.differ:,} differ, {found.only_left:,} on each side alone")
    return {"by_key_ratio": round(sorted(ratios)[1], 2), "by_key_s": round(whole, 1)}


def _ratio(connection: Any, comparisons: Any, findings: Any, name: str) -> float:
    """A whole comparison (found, kept as work, in the ledger) to counting what it finds; the third run of each, caches warm."""
    from tongban.config.loading import LOADER

    for _n in range(3):
        began = time.perf_counter()
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM ({findings.STATEMENTS[name]}) found")
            cursor.fetchall()
        bare = time.perf_counter() - began
        began = time.perf_counter()
        comparisons.run_comparison(LOADER, comparison=name)
        whole = time.perf_counter() - began
    return whole / bare


if __name__ == "__main__":
    main("registry", measure)
