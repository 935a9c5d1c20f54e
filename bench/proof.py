"""Proofs out of a ledger of ten million entries: inclusion of a random entry, whole proof file, consistency of two heads."""

import os
import random
import time

from bench.harness import installation, main, percentile

ENTRIES = int(os.environ.get("PROOF_ENTRIES", "10000000"))
STEP = 500_000
ASKED = 300


def measure(say):
    with installation():
        from django.db import connection
        from tongban.kernel.identity.actor import system
        from tongban.kernel.ledger import commands, queries
        from tongban.lib.tlog import merkle, notes

        actor, began = system("bench"), time.monotonic()
        for start in range(0, ENTRIES, STEP):
            with connection.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO ledger_entry (at, actor_name, organ_name, authority, tag, subject, origin, body) SELECT now(), '李合成', '历下区市场监督管理局',"
                    " '行政许可法第三十二条', 'cases.case.accepted', 'case:JN26-1124-' || g, '127.0.0.1', jsonb_build_object('case', g)"
                    " FROM generate_series(%s, %s) g",
                    [start + 1, min(start + STEP, ENTRIES)],
                )
            commands.seal_entries()
            if start % (STEP * 4) == 0:
                say(f"{start + STEP} sealed, {time.monotonic() - began:.0f} s")
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE ledger_entry, ledger_block, ledger_node")
        head = notes.parse(queries.checkpoint(actor))
        chance, files, paths, growths = random.Random(1), [], [], []
        for _n in range(ASKED + 10):
            entry = chance.randrange(1, ENTRIES)
            began = time.perf_counter()
            queries.proof_of_entry(actor, entry=entry, keys={})
            files.append(time.perf_counter() - began)
            index = chance.randrange(head.size)
            began = time.perf_counter()
            queries.inclusion(actor, index=index, size=head.size)
            paths.append(time.perf_counter() - began)
            first = chance.randrange(1, head.size)
            old = queries.root_at(first)
            began = time.perf_counter()
            path = queries.consistency(actor, first=first, second=head.size)
            growths.append(time.perf_counter() - began)
            if not merkle.consistent(first, head.size, old, head.root, path):
                raise RuntimeError(f"no proof that {first} is a beginning")
        told = {}
        for name, values in (("file", files), ("inclusion", paths), ("consistency", growths)):
            told[f"{name}_ms"] = round(percentile(values[10:], 0.5) * 1000, 2)
            told[f"{name}_p95_ms"] = round(percentile(values[10:], 0.95) * 1000, 2)
    worst = max(told["file_ms"], told["inclusion_ms"], told["consistency_ms"])
    return {"value": worst, "unit": "ms, median of the slowest kind of proof", "limit": 5, "ratio": round(5 / worst, 2), "detail": {"entries": ENTRIES, **told}}


if __name__ == "__main__":
    main("proof", measure)
