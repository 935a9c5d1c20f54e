"""How a line to another node stands, and what its letters are about. Pure."""

from datetime import datetime, timedelta

SILENT = timedelta(minutes=2)  # without a word, though each side asks every second
KINDS = {
    "nodes.hello": "节点自报", "nodes.node": "节点信息", "orgs.organs": "机构", "hall.matter": "事项", "hall.application": "申请", "cases.state": "办件进展",
    "cases.act": "申请人操作", "cases.act-refused": "操作未办理", "hall.licence": "证照", "hall.rating": "评价", "hall.rating-reply": "整改回复",
    "catalogue.resource": "信息资源",
}  # fmt: skip


def standing(place: str, state: str, heard_at: datetime | None, waits: int, held: int, now: datetime) -> tuple[str, str]:
    """(light, word): ended, invited, cut off, with held letters, with letters on their way, in order. Only neighbours have a line."""
    if state == "ended":
        return "paused", "已断开"
    if place in ("here", "beyond"):
        return ("yellow", "有待处理的信件") if held else ("ok", "本节点" if place == "here" else "经转")
    if state == "invited":
        return "paused", "待接入"
    if heard_at is None or now - heard_at > SILENT:
        return "red", "线路中断"
    if held:
        return "yellow", "有待处理的信件"
    return "ok", "传送中" if waits else "畅通"
