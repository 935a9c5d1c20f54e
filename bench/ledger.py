"""Entries appended in transactions of 1 and of 100, sealed, verified whole."""

import time

from bench.harness import installation, main

ENTRIES = 300_000


def measure(say):
    with installation():
        from django.db import connection, transaction
        from tongban.kernel.identity.actor import system
        from tongban.kernel.identity.events import AccountOpened
        from tongban.kernel.ledger import commands, queries

        actor = system("bench")

        def append(transactions, each):
            began = time.monotonic()
            for n in range(transactions):
                with transaction.atomic():
                    for m in range(each):
                        commands.append(actor, AccountOpened(account=n * each + m), "bench")
            return transactions * each / (time.monotonic() - began)

        append(50, 1)
        one, hundred = append(1500, 1), append(60, 100)
        say(f"appended {one:.0f}/s one by one, {hundred:.0f}/s by hundreds")
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO ledger_entry (at, actor_name, organ_name, authority, tag, subject, origin, body) SELECT now(), '李合成', '历下区市场监督管理局',"
                " '行政许可法第三十二条', 'cases.case.accepted', 'case:JN26-1124-' || g, '127.0.0.1', jsonb_build_object('case', g, 'organ', '370102-market')"
                " FROM generate_series(1, %s) g",
                [ENTRIES],
            )
        began = time.monotonic()
        sealed = commands.seal_entries()
        seal_rate = sealed / (time.monotonic() - began)
        say(f"sealed {sealed} at {seal_rate:.0f}/s")
        rates = []
        for _n in range(3):
            began = time.monotonic()
            verdict = queries.verify(processes=2, public=commands.ledger_key().public)
            rates.append(verdict.entries / (time.monotonic() - began))
            if verdict.faults:
                raise RuntimeError(str(verdict.faults))
        value = sorted(rates)[1]
        began = time.monotonic()
        queries.proof(actor, "case:JN26-1124-1000", "cases.case.accepted")
        proof_ms = (time.monotonic() - began) * 1000
    return {
        "value": round(value), "unit": "entries verified/s", "limit": 200_000, "ratio": round(value / 200_000, 2),
        "detail": {"append_1": round(one), "append_100": round(hundred), "sealed_per_s": round(seal_rate), "entries": verdict.entries,
                   "proof_ms": round(proof_ms, 1), "rates": [round(r) for r in rates]},
    }  # fmt: skip


if __name__ == "__main__":
    main("ledger", measure)
