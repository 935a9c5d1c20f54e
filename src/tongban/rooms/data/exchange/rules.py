"""From an agreement to a contract; states of a flow. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from tongban.kernel.catalogue.rules.resources import Item
from tongban.lib.bus.contract import Column, Contract

PREPARING, RUNNING, PAUSED, FAILED = "preparing", "running", "paused", "failed"
STATES = {PREPARING: "待接通", RUNNING: "运行中", PAUSED: "已暂停", FAILED: "故障"}
MOVES = {(PREPARING, "run"): RUNNING, (RUNNING, "pause"): PAUSED, (PAUSED, "run"): RUNNING, (FAILED, "run"): RUNNING, (FAILED, "pause"): PAUSED}
LAGGING = 300  # seconds without a receipt from which on a batch is late; a proposal


def contract_of(number: str, items: Iterable[Item], granted: Mapping[str, Any], order: str) -> Contract:
    """The contract of an agreement: its granted items with their checks, and the provider's column of order. Raises ValueError without a key."""
    held = [i for i in items if i.key in granted["items"]]
    key = next((i.key for i in held if i.primary), "")
    if not key:
        raise ValueError("the items that were granted lack the key")
    columns = [Column(i.key, i.type, i.required or i.primary, i.check, i.length if i.type in ("text", "memo") else 0, i.codes) for i in held if i.key != order]
    return Contract(number, (*columns, Column(order, "integer", required=True)), key, order)


def may_run(state: str, *, source: bool, target: bool) -> bool:
    """Both ends must be named."""
    return source and target and (state, "run") in MOVES
