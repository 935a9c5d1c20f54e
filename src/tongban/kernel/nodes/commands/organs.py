"""Organs travel: those of the regions that a node serves, a letter for each city."""

from collections.abc import Iterator
from typing import Any

from tongban.kernel.identity.actor import Actor
from tongban.kernel.nodes import arrivals, queries
from tongban.kernel.orgs import commands as orgs_commands
from tongban.kernel.orgs import queries as orgs

ORGANS = "orgs.organs"


@arrivals.announces(ORGANS)
def own_organs() -> Iterator[tuple[str, dict[str, Any]]]:
    """(region, its organs) of what this node serves: the province's own, then each city with its counties."""
    mine = queries.here()
    for region in mine.regions if mine else ():
        parts = [(region, 2), *((p.code, 0) for p in orgs.places(region))] if len(region) == 2 else [(region, 0)]
        for prefix, depth in parts:
            rows = [r for r in orgs.told_organs(prefix, depth) if not queries.home_of(r["region_code"])]
            if rows:
                yield prefix, {"region": prefix, "organs": rows}


@arrivals.arrives(ORGANS)
def take_organs(actor: Actor, letter: arrivals.Arrived) -> None:
    """The organs of another node; none of a region that it does not serve."""
    rows = letter.body["organs"]
    for row in rows:
        letter.require_serves(str(row["region_code"]))
    mine = queries.here()
    if mine and any(not queries.home_of(str(row["region_code"])) for row in rows):
        raise arrivals.Unwelcome(f"{letter.origin} tells of organs that this node serves")
    orgs_commands.take_organs(actor, region=str(letter.body["region"]), rows=rows)
