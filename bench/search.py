"""Hall search over 100,000 matters: words, everyday words, pinyin; in a county, a city, the whole province."""

import random
import time

from bench.harness import installation, load_base, main, percentile

MATTERS, ROUNDS = 100_000, 60
QUESTIONS = (
    "我要开一家小餐馆", "kaicanguan", "过户", "低保", "社保卡", "排污许可", "护士执业注册", "老年人优待证", "开公司", "营业执照", "招牌", "退休",
    "劳务派遣", "取水许可", "残疾人证", "培训班", "道路运输", "食品经营许可", "身份证丢了", "不动产转移登记",
)  # fmt: skip


def fill(connection, say):
    """Copies of the shipped matters under other codes, names and regions, until there are enough."""
    from tongban.rooms.service.hall.models import Matter
    from tongban.rooms.service.hall.queries import search

    random.seed(1)
    parts = ("变更", "延续", "注销", "补办", "备案", "告知承诺", "年度报告", "信息更正")
    held = list(Matter.objects.select_related("version").order_by("id"))
    made, began = [], time.monotonic()
    while len(held) + len(made) < MATTERS:
        base = held[len(made) % len(held)]
        n = len(made)
        copy = Matter(
            code=f"x{n}@{base.region_code}", item_id=base.item_id, version=base.version, name=f"{base.name}{parts[n % 8]}", organ_id=base.organ_id,
            organ_name=base.organ_name, region_code=base.region_code, process=base.process, online=True, audience=base.audience,
        )  # fmt: skip
        made.append(copy)
    Matter.objects.bulk_create(made, batch_size=2000)
    cached = {}
    with connection.cursor() as cursor:
        rows = []
        for one in made:
            key = (one.name, one.organ_name)
            if key not in cached:
                cached[key] = search.vector_of(one, one.version.content["search_phrases"])
            rows.append((cached[key], one.id))
        for start in range(0, len(rows), 5000):
            part = rows[start : start + 5000]
            cursor.execute(
                "UPDATE hall_matter m SET search = t.v::tsvector FROM unnest(%s::text[], %s::bigint[]) AS t(v, id) WHERE m.id = t.id",
                [[r[0] for r in part], [r[1] for r in part]],
            )
        cursor.execute("SELECT count(*) FROM hall_matter")
        say(f"{cursor.fetchone()[0]} matters in {time.monotonic() - began:.0f} s")
    connection.connection.execute("VACUUM ANALYZE hall_matter")


def measure(say):
    with installation():
        load_base()
        from django.db import connection
        from tongban.rooms.service.hall.queries import search

        fill(connection, say)
        search.forget()
        search.search("餐馆", region="37")
        times = {"county": [], "city": [], "province": []}
        random.seed(2)
        for n in range(ROUNDS * len(QUESTIONS)):
            kind = ("county", "city", "province")[n % 3]
            region = {"county": random.choice(("370102", "370202", "371302")), "city": "3701", "province": "37"}[kind]
            began = time.perf_counter()
            search.search(QUESTIONS[n % len(QUESTIONS)], region=region)
            times[kind].append((time.perf_counter() - began) * 1000)
    every = [t for part in times.values() for t in part]
    return {
        "value": round(percentile(every, 0.95), 2), "unit": "ms (p95)", "limit": 50, "ratio": round(percentile(every, 0.95) / 50, 3),
        "detail": {
            "matters": MATTERS, "median_ms": round(percentile(every, 0.5), 2), "p95_ms": round(percentile(every, 0.95), 2),
            **{f"{kind}_p95_ms": round(percentile(part, 0.95), 2) for kind, part in times.items()},
        },
    }  # fmt: skip


if __name__ == "__main__":
    main("search", measure)
