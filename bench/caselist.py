"""A window's work list and a filtered search over 1,000,000 cases, as the pages ask for them."""

import random
import time

from bench.harness import installation, load_base, main, percentile

CASES, ROUNDS = 1_000_000, 200
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
SHOPS = ("面馆", "超市", "烘焙坊", "食堂", "便利店", "火锅店", "小馆", "茶饮店")


def fill(connection, organs, process, say):
    """A million cases with their work items, by COPY; one in twelve is open."""
    from tongban.kernel.cases.commands import search_tokens
    from tongban.kernel.orgs import queries as orgs

    random.seed(1)
    regions = {code: orgs.full_name(code) for _id, code in organs}
    states = ("submitted", "accepted", "accepted", "suspended")
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM identity_person ORDER BY id LIMIT 1")
        person = cursor.fetchone()[0]
        link = connection.connection
        began = time.monotonic()
        with link.cursor().copy(
            "COPY cases_case (id, number, matter_code, matter_version, title, person_id, applicant_name, organ_id, region_code, process_id, state, data,"
            " materials, promised_days, statutory_days, submitted_at, result, corrections, promise_due, statutory_due, decided_at, closed_at, paused, bundle,"
            " channel, search) FROM STDIN"
        ) as copy:
            for n in range(1, CASES + 1):
                organ, region = organs[n % len(organs)]
                is_open = n % 12 == 0
                state = states[n % 4] if is_open else "closed"
                title = "食品经营许可（新办）" if n % 3 else "公共场所卫生许可（新办）"
                matter = f"{'food-operation-permit-new' if n % 3 else 'public-place-hygiene-permit'}@{region}"
                name = f"{regions[region]}{random.choice(SURNAMES)}{random.choice(SURNAMES)}{random.choice(SHOPS)}（合成数据）"
                number = f"X{n:09d}"
                due = f"2026-{11 + n % 2:02d}-{1 + n % 28:02d}"
                done = None if is_open else "2026-10-20T10:00:00+08"
                tokens = f"{search_tokens(title, name, organ, region, matter, state)} '{number.lower()}'"
                copy.write_row((n, number, matter, 1, title, person, name, organ, region, process, state, "{}", "[]", 5, 10, "2026-10-13T09:00:00+08",
                                "" if is_open else "granted", 0, due, due, done, done, "", "", "online", tokens))  # fmt: skip
        say(f"cases {time.monotonic() - began:.0f} s")
        with link.cursor().copy(
            "COPY cases_workitem (case_id, task, step, name, stage, role, organ_id, region_code, state, opened_at, due, done_by_name, action, action_name,"
            " opinion) FROM STDIN"
        ) as copy:
            for n in range(1, CASES + 1):
                organ, region = organs[n % len(organs)]
                is_open = n % 12 == 0
                copy.write_row((n, f"t{n}", "examine", "审查", "examination", "examiner", organ, region, "open" if is_open else "done",
                                "2026-10-13T09:00:00+08", f"2026-{11 + n % 2:02d}-{1 + n % 28:02d}" if is_open else None, "", "", "", ""))  # fmt: skip
        link.commit()
        cursor.execute("SELECT setval('cases_case_id_seq', %s)", [CASES])
    link.autocommit = True
    link.execute("VACUUM ANALYZE cases_case")
    link.execute("VACUUM ANALYZE cases_workitem")
    say(f"loaded and analysed {time.monotonic() - began:.0f} s")


def measure(say):
    with installation():
        load_base()
        from django.db import connection
        from tongban.config import province
        from tongban.kernel.cases import queries
        from tongban.kernel.orgs import queries as orgs

        organs = [(o.id, o.region_code) for o in orgs.organs("37").filter(function="market").order_by("id")]
        fill(connection, organs, queries.published_process("permit").id, say)
        actors = [province.official(f"desk-{c.code}") for c in orgs.places("37")] + [province.official("qian")] * 4
        supervisor = province.official("zhou")
        random.seed(2)
        work, words, whole = [], [], []
        for n in range(ROUNDS):
            actor = actors[n % len(actors)]
            began = time.perf_counter()
            items = queries.work_list(actor, light=random.choice(("", "", "red", "soon")), limit=13)
            [queries.standing(i.case) for i in items]
            queries.work_counts(actor)
            work.append((time.perf_counter() - began) * 1000)
            began = time.perf_counter()
            rows = queries.search(actor, words=random.choice(SHOPS), state=random.choice(("", "accepted", "closed")))
            [queries.standing(r) for r in rows]
            words.append((time.perf_counter() - began) * 1000)
            began = time.perf_counter()
            asked = random.choice(SHOPS)
            queries.search(
                supervisor, words=f"{asked} 食品经营", state=random.choice(("", "accepted", "suspended")), region=random.choice(("3701", "3702", ""))
            )
            whole.append((time.perf_counter() - began) * 1000)
    every = work + words + whole
    p95 = percentile(every, 0.95)
    return {
        "value": round(percentile(every, 0.5), 2), "unit": "ms", "limit": 100, "ratio": round(percentile(every, 0.5) / 100, 3),
        "detail": {
            "cases": CASES, "median_ms": round(percentile(every, 0.5), 2), "p95_ms": round(p95, 2),
            "work_list_p95_ms": round(percentile(work, 0.95), 2), "organ_search_p95_ms": round(percentile(words, 0.95), 2),
            "province_search_p95_ms": round(percentile(whole, 0.95), 2),
        },
    }  # fmt: skip


if __name__ == "__main__":
    main("caselist", measure)
