"""The shipped rules: a proposal, marked unverified, replaceable by a dated row."""

from datetime import date

from tongban.kernel.identity.actor import system
from tongban.rooms.service.supervision import tasks
from tongban.rooms.service.supervision.models import WatchRule

PROPOSAL = "通办建议值（未核实）：各地口径不一，未见山东省级阈值"
RULES = (
    ("promise-near", "prompt", 1, "距承诺期限1个工作日"), ("receipt-overrun", "yellow", 0, "逾期未受理或告知补正"),
    ("step-overrun", "yellow", 0, "环节超时"), ("promise-overrun", "yellow", 0, "超承诺期限"),
    ("statutory-overrun", "red", 0, "超法定期限"), ("yellow-unanswered", "red", 0, "黄牌5个工作日未答复"),
    ("answer-near", "prompt", 1, "距答复期限1个工作日"), ("answer-overrun", "yellow", 0, "逾期未答复"),
    ("answer-far-overrun", "red", 5, "逾期5个工作日以上未答复"),
)  # fmt: skip


def load_rules() -> int:
    """Enter the rules that are missing; whatever became of one of the same key stays."""
    known = set(WatchRule.objects.values_list("key", flat=True))
    made = [
        WatchRule(key=k, level=level, days=n, name=name, effective_from=date(2016, 9, 7), document=PROPOSAL) for k, level, n, name in RULES if k not in known
    ]
    return len(WatchRule.objects.bulk_create(made))


def evaluate_now() -> int:
    """Look at every limit once."""
    return tasks.evaluate_all(system("通办·监察"))
