"""Entries appended in transactions with the sealer behind, beside the same inserts bare; sealed; verified whole."""

import json
import multiprocessing
import time

from bench.harness import installation, main

ENTRIES = 300_000
ROUNDS = 7


def seal_behind(stop):
    """The worker's sealer, in a process of its own as in use."""
    import django

    django.setup()
    from tongban.kernel.ledger.commands import seal_entries

    while not stop.wait(1.0):
        seal_entries()


def measure(say):
    with installation():
        from django.db import connection, transaction
        from tongban.kernel.identity.actor import system
        from tongban.kernel.identity.events import AccountOpened
        from tongban.kernel.ledger import commands, queries
        from tongban.lib import statements

        actor = system("bench")
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE bare (LIKE ledger_entry INCLUDING ALL)")
        bare_insert = commands._APPEND.replace("ledger_entry", "bare")

        def bare(actor, event, authority):
            body = json.dumps(event.payload(), ensure_ascii=False)
            statements.run(bare_insert, {**commands.entry(actor, event.tag, authority), "subject": event.subject, "body": body})

        def rate(write, transactions, each):
            began = time.monotonic()
            for n in range(transactions):
                with transaction.atomic():
                    for m in range(each):
                        write(actor, AccountOpened(account=n * each + m), "bench")
            return transactions * each / (time.monotonic() - began)

        spawn = multiprocessing.get_context("spawn")
        stop = spawn.Event()
        sealer = spawn.Process(target=seal_behind, args=(stop,), daemon=True)
        rate(commands.append, 50, 1), rate(bare, 50, 1)
        ones, hundreds, shares = [], [], []
        sealer.start()
        time.sleep(2)
        for _n in range(ROUNDS):
            ours, plain = rate(commands.append, 1200, 1), rate(bare, 1200, 1)
            many, plainly = rate(commands.append, 40, 100), rate(bare, 40, 100)
            ones.append(ours), hundreds.append(many)
            shares.append((ours / plain, many / plainly))
            say(f"one by one {ours:.0f}/s, {ours / plain:.2f} of bare; by hundreds {many:.0f}/s, {many / plainly:.2f} of bare")
        stop.set()
        sealer.join()
        commands.seal_entries()
        one_share, hundred_share = (sorted(s)[ROUNDS // 2] for s in zip(*shares, strict=True))
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO ledger_entry (at, actor_name, organ_name, authority, tag, subject, origin, body) SELECT now(), '李合成', '历下区市场监督管理局',"
                " '行政许可法第三十二条', 'cases.case.accepted', 'case:JN26-1124-' || g, '127.0.0.1', jsonb_build_object('case', g, 'organ', '370102-market')"
                " FROM generate_series(1, %s) g",
                [ENTRIES],
            )
        began = time.monotonic()
        seal_rate = commands.seal_entries() / (time.monotonic() - began)
        say(f"sealed at {seal_rate:.0f}/s")
        rates = []
        for _n in range(3):
            began = time.monotonic()
            verdict = queries.verify(processes=2, publics=commands.publics())
            rates.append(verdict.entries / (time.monotonic() - began))
            if verdict.faults:
                raise RuntimeError(str(verdict.faults))
        verified = sorted(rates)[1]
    share = min(one_share, hundred_share)
    return {
        "value": round(share, 3), "unit": "of the same inserts bare, tree and signature behind", "limit": 0.8, "ratio": round(share / 0.8, 2),
        "detail": {"share_1": round(one_share, 3), "share_100": round(hundred_share, 3), "append_1": round(sorted(ones)[ROUNDS // 2]),
                   "append_100": round(sorted(hundreds)[ROUNDS // 2]), "sealed_per_s": round(seal_rate), "verified_per_s": round(verified),
                   "entries": verdict.entries},
    }  # fmt: skip


if __name__ == "__main__":
    main("ledger", measure)
