"""One side of an exchange as a process of its own; what it is told stands in its argument."""

import asyncio
import json
import sys
from datetime import date
from pathlib import Path

from tongban.lib import sm
from tongban.lib.bus import broker
from tongban.lib.bus.contract import contract
from tongban.lib.bus.memory import keep_large_buffers
from tongban.lib.bus.receiver import hand_over, receive
from tongban.lib.bus.sender import Parties, send
from tongban.lib.bus.source import PostgresSource
from tongban.lib.bus.target import PostgresTarget


async def run(told: dict, keep) -> None:
    key, held = sm.SigningKey.from_bytes(bytes.fromhex(told["key"])), contract(told["contract"])
    line = await broker.connect(told["url"], broker.login(told["account"].encode(), told["side"]))
    print("ready", flush=True)
    sys.stdin.readline()
    if told["side"] == "provider":
        parties = Parties(held.number, "102/000001", "sd-samr", "sd-hrss")
        source = PostgresSource(told["source"], "entity")
        await send(line, source, held, parties, key, kind=told["kind"], today=date(2026, 11, 24), sent=keep, aside=keep)
    else:
        target = await asyncio.to_thread(PostgresTarget, told["target"], "entity", held)
        offset = await receive(line, target, bytes.fromhex(told["peer"]), key, until=told["until"], taken=keep)
        if told["kind"] == "load":
            await asyncio.to_thread(target.finish_load, offset)
        while await hand_over(line, target):
            pass
        target.close()
    await line.close()


if __name__ == "__main__":
    keep_large_buffers()
    asked = json.loads(sys.argv[1])
    with Path(asked["log"]).open("a") as log:

        def keep(*parts) -> None:
            """Each envelope, signature and receipt, on the disk as it happens."""
            log.write(json.dumps([str(p) for p in parts], ensure_ascii=False) + "\n")
            log.flush()

        asyncio.run(run(asked, keep))
