"""One person asked about at a time, as a department's system does: signed question → broker → signature, agreement, quota → population register → ledger committed → signed answer → verified.

Client, broker, responder (the processes that `up` starts) and PostgreSQL share the same cores. At saturation, and at 500 a second offered at random moments,
timed from the moment offered.
"""

import json
import os
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

from bench.harness import installation, load_base, main

PEOPLE = int(os.environ.get("PEOPLE", "20000"))
ROUNDS = int(os.environ.get("ROUNDS", "3"))
SECONDS = int(os.environ.get("SECONDS", "10"))
OFFERED = 500
MOST = 10_000_000


def agree(actor):
    """省人社厅 asks 省公安厅 about persons, as often as it likes."""
    from tongban.kernel.catalogue.commands import access, agreements
    from tongban.kernel.catalogue.models import Resource
    from tongban.kernel.catalogue.rules.access import Asked
    from tongban.lib import clock

    resource = Resource.objects.select_related("published", "organ").get(supply="population.person")
    items = tuple(i["key"] for i in resource.published.content["items"])
    wanted = Asked(items, ("query",), MOST, clock.today(), clock.today() + timedelta(days=365), {})
    asked = access.request_access(actor, key=resource.key, wanted=wanted, purpose="参保核验", basis="测速（合成）", purposes=["参保核验"], organ="sd-hrss")
    made = access.grant_access(actor, number=asked.number, granted=wanted, condition="")
    for organ in (resource.organ.key, "sd-hrss"):
        agreements.sign_agreement(actor, number=made.number, organ=organ)
    return made


def measure(say):
    with installation():
        from django.conf import settings

        from tongban.kernel.catalogue import seed as catalogue
        from tongban.kernel.identity.actor import system
        from tongban.kernel.ledger.models import Entry
        from tongban.rooms.data.registries import seed
        from tongban.rooms.data.registries.models import Person

        actor = system("通办·测速")
        load_base()
        catalogue.load_demo(actor, settings.DATASETS / "catalogue")
        seed.load_synthetic(settings.DATASETS / "registries", PEOPLE)
        made = agree(actor)
        numbers = [p.content["id_number"] for p in Person.objects.order_by("mark")[:5000]]
        parts = [subprocess.Popen([sys.executable, "-m", "tongban", part]) for part in ("exchange", "answering")]
        try:
            return _asked(say, made, numbers, Entry)
        finally:
            for part in parts:
                part.terminate()
                part.wait(20)


def _asked(say, made, numbers, entries):
    from tongban.config import places
    from tongban.kernel.catalogue.commands.agreements import organ_key

    home = places.data_dir() / "broker"
    until = time.monotonic() + 60
    while not (home / "keys" / f"organ-{made.consumer.key}.nk").exists() and time.monotonic() < until:
        time.sleep(0.2)
    told = {
        "port": int((home / "port").read_text()), "account": (home / "keys" / f"organ-{made.consumer.key}.nk").read_text(), "agreement": made.number,
        "consumer": made.consumer.key, "key": organ_key(made.consumer.key).to_bytes().hex(), "provider": organ_key(made.provider.key).public.hex(),
        "numbers": numbers, "seconds": SECONDS, "offered": OFFERED, "rounds": ROUNDS,
    }  # fmt: skip
    before = entries.objects.filter(tag="catalogue.data.fetched").count()
    client = subprocess.run(
        [sys.executable, "-m", "bench.query_side"], input=json.dumps(told), capture_output=True, text=True, cwd=Path(__file__).parents[1], check=True
    )
    found = json.loads(client.stdout)
    logged = entries.objects.filter(tag="catalogue.data.fetched").count() - before
    assert logged == found["answered"], (logged, found)
    say(
        f"{found['rates']} a second at saturation; offered {OFFERED}: p50 {found['p50_ms']} ms, p99 {found['p99_ms']} ms; {logged:,} answers, each in the ledger"
    )
    return {"value": sorted(found["rates"])[len(found["rates"]) // 2], "unit": "requests/s", "detail": {**found, "people": PEOPLE, "offered": OFFERED}}


if __name__ == "__main__":
    main("query", measure)
