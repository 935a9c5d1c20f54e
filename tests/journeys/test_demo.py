"""`tongban demo` tells the whole main job against a running site, through its public API."""

import json

from tongban.config import demonstration
from tongban.lib.tlog import proofs

NAMES = ["submitted", "correction", "resubmitted", "accepted", "suspended", "resumed", "granted", "licence", "verified", "rated"]


def test_the_demo_tells_the_main_job_in_order(site):
    told = []
    steps = demonstration.play(site, told.append)
    names = [s["name"] for s in steps if s["name"] in NAMES]
    assert names == NAMES
    assert len(told) == len(steps)
    assert all(set(s) == {"name", "at", "case", "detail"} for s in steps)
    proof = next(s for s in steps if s["name"] == "verified")["detail"]["proof"]
    assert proofs.judge(json.dumps(proof).encode()).faults == ()
