"""3,000,000 rows while sender, receiver, broker and database are killed with SIGKILL at random, twenty times and more: is a row lost, is one there twice?

Sides are started again by their supervisor when they end, broker and database by the bench. When a load is through before the kills are,
the same rows travel again as changes.
"""

import contextlib
import os
import random
import signal

import threading
import time
from pathlib import Path

from bench.exchange import ROWS, Exchange, compared, departments, fill, in_postgres, rows
from tongban.config.embedded import EmbeddedPostgres

KILLS = int(os.environ.get("KILLS", "20"))
SETTLE = (1.0, 3.0)  # seconds between kills
PATIENCE = 600  # seconds for the whole


class Supervised:
    """One side, started again until it ended by itself."""

    def __init__(self, exchange: Exchange, side: str, **more) -> None:
        self.exchange, self.side, self.more = exchange, side, more
        self.process, self.done, self.restarts = None, threading.Event(), 0
        threading.Thread(target=self.keep, daemon=True).start()

    def keep(self) -> None:
        while not self.done.is_set():
            try:
                self.process = self.exchange.start(self.side, **self.more)
                self.process.stdin.write("go\n")
                self.process.stdin.flush()
            except (AssertionError, BrokenPipeError):
                pass
            if self.process.wait() == 0:
                self.done.set()
            else:
                self.restarts += 1
                time.sleep(0.5)


def children(parent: int) -> list[int]:
    """Processes that `parent` started."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1]) == parent:
                    found.append(int(entry.name))
    return found


def kill(exchange: Exchange, postgres: EmbeddedPostgres, sides: list[Supervised], what: str) -> bool:
    """Kill one part; broker and database come back at once."""
    if what in ("provider", "consumer"):
        side = next(s for s in sides if s.side == what)
        if side.process is None or side.process.poll() is not None:
            return False
        side.process.send_signal(signal.SIGKILL)
    elif what == "broker":
        exchange.broker.process.kill()
        exchange.broker.process.wait()
        exchange.broker.start()
    else:
        killed = [postgres.process.pid, *children(postgres.process.pid)]
        for pid in killed:  # as a power cut does: a backend that lives on keeps its memory
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        postgres.process.wait()
        while any(Path(f"/proc/{pid}").exists() for pid in killed):
            time.sleep(0.05)
        postgres.start()
    return True


def measure(say) -> dict:
    return in_postgres(lambda home, postgres: _measure(say, home, postgres))


def _measure(say, home: Path, postgres: EmbeddedPostgres) -> dict:
    source, target = departments(postgres)
    fill(source, "entity", rows(ROWS))
    exchange = Exchange(home / "exchange", source, target)
    chance, kills, began, first = random.Random(2016), dict.fromkeys(("provider", "consumer", "broker", "database"), 0), time.monotonic(), 1
    restarts, rounds, found = 0, 0, {"lost": 0, "twice": 0, "different": 0}
    while sum(kills.values()) < KILLS or not rounds:
        kind, rounds = ("changes" if rounds else "load"), rounds + 1
        sides = [Supervised(exchange, "consumer", until=first + ROWS - 1, kind=kind), Supervised(exchange, "provider", kind=kind)]
        while not all(s.done.is_set() for s in sides):
            if time.monotonic() - began > PATIENCE:
                raise SystemExit("the exchange did not finish")
            time.sleep(chance.uniform(*SETTLE))
            what = chance.choice(list(kills))
            if not all(s.done.is_set() for s in sides) and (sum(kills.values()) < KILLS + 5) and kill(exchange, postgres, sides, what):
                kills[what] += 1
                say(f"{time.monotonic() - began:6.1f} s  {what}")
        restarts += sum(s.restarts for s in sides)
        for name, value in compared(source, target).items():
            found[name] += value
        first += ROWS
        if sum(kills.values()) < KILLS:
            fill(source, "entity", rows(ROWS, first=first, marked="改"))
    exchange.broker.stop()
    return {
        "value": sum(kills.values()), "unit": "kills", "ratio": None,
        "detail": {"rows": ROWS * rounds, **found, "kills": sum(kills.values()), **{f"killed_{k}": v for k, v in kills.items()}, "restarts": restarts,
                   "seconds": round(time.monotonic() - began)},
    }  # fmt: skip


if __name__ == "__main__":
    from bench.harness import main

    main("chaos", measure)
