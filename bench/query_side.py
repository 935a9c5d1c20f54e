"""The client of `query`: an organ's gateway as a process of its own; what it is told comes on standard input."""

import asyncio
import json
import random
import sys
import time

from bench.harness import percentile
from tongban.lib import sm
from tongban.lib.bus import broker
from tongban.lib.bus.asking import Asker, NotAnswered

CALLERS = 128
PURPOSE = "参保核验"


async def ready(asker: Asker, number: str) -> None:
    """Until the exchange process has told the broker and listens."""
    for _n in range(100):
        try:
            assert (await asker.ask(number, PURPOSE)).answer.state == "found"
        except NotAnswered:
            await asyncio.sleep(0.3)
        else:
            return
    raise SystemExit("nobody answers")


async def crowd(asker: Asker, numbers: list[str], seconds: float, counted: list[int]) -> float:
    """CALLERS at once, each asking again as soon as it is answered; answers a second."""
    until, done = time.monotonic() + seconds, 0

    async def call(chance: random.Random) -> None:
        nonlocal done
        while time.monotonic() < until:
            number = chance.choice(numbers)
            found = (await asker.ask(number, PURPOSE)).answer
            assert found.values["id_number"] == number
            done += 1

    began = time.monotonic()
    await asyncio.gather(*[call(random.Random(n)) for n in range(CALLERS)])
    counted[0] += done
    return done / (time.monotonic() - began)


async def stream(asker: Asker, numbers: list[str], told: dict, counted: list[int]) -> list[float]:
    """Questions at random moments, `offered` a second; milliseconds from the moment offered to the verified answer."""
    chance, spent, tasks = random.Random(7), [], []

    async def one(at: float, number: str) -> None:
        assert (await asker.ask(number, PURPOSE)).answer.state == "found"
        spent.append((time.monotonic() - at) * 1000)

    at = time.monotonic()
    until = at + told["seconds"]
    while at < until:
        at += chance.expovariate(told["offered"])
        if (wait := at - time.monotonic()) > 0:
            await asyncio.sleep(wait)
        tasks.append(asyncio.create_task(one(at, chance.choice(numbers))))
    await asyncio.gather(*tasks)
    counted[0] += len(spent)
    return spent


async def run(told: dict) -> dict:
    line = await broker.connect(f"nats://127.0.0.1:{told['port']}", broker.login(told["account"].encode(), told["consumer"]))
    key, provider = sm.SigningKey.from_bytes(bytes.fromhex(told["key"])), bytes.fromhex(told["provider"])
    asker, counted = Asker(line, told["agreement"], told["consumer"], key, provider), [1]
    await ready(asker, told["numbers"][0])
    rates, medians, tails = [], [], []
    await crowd(asker, told["numbers"], 2, counted)
    for _n in range(told["rounds"]):
        rates.append(round(await crowd(asker, told["numbers"], told["seconds"], counted)))
        spent = await stream(asker, told["numbers"], told, counted)
        medians.append(percentile(spent, 0.5))
        tails.append(percentile(spent, 0.99))
    await line.close()
    middle = told["rounds"] // 2
    return {
        "rates": rates,
        "p50_ms": round(sorted(medians)[middle], 1),
        "p99_ms": round(sorted(tails)[middle], 1),
        "p99s": [round(t, 1) for t in tails],
        "answered": counted[0],
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run(json.load(sys.stdin)))))
