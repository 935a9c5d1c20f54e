"""Moves of alerts, incidents and warnings; limits; pure."""

from datetime import datetime, timedelta

# 国家网络安全事件应急预案 (中网办发〔2017〕4号): four levels, four colours; text not read here, so unverified.
LEVELS = {1: "特别重大", 2: "重大", 3: "较大", 4: "一般"}
COLOURS = {"red": "红色", "orange": "橙色", "yellow": "黄色", "blue": "蓝色"}
INCIDENT_KINDS = {
    "malware": "恶意程序", "attack": "网络攻击", "data": "数据安全", "content": "信息内容安全", "fault": "设备设施故障", "operation": "违规操作",
    "hazard": "安全隐患", "disaster": "灾害性", "other": "其他",
}  # fmt: skip
SUMMARY_DAYS = 30
RECEIPT_HOURS = {"red": 1, "orange": 4, "yellow": 24, "blue": 48}  # proposal: how soon a department must take note

ALERT_MOVES = {
    ("open", "take"): "taken", ("open", "dismiss"): "dismissed", ("open", "resolve"): "resolved", ("open", "escalate"): "escalated",
    ("taken", "note"): "taken", ("open", "note"): "open", ("taken", "dismiss"): "dismissed", ("taken", "resolve"): "resolved",
    ("taken", "escalate"): "escalated",
}  # fmt: skip
ALERT_ACTS = {"take": "接手", "note": "记录", "dismiss": "判为误报", "resolve": "处置完毕", "escalate": "转为事件"}
INCIDENT_MOVES = {
    ("open", "contain"): "contained", ("contained", "eradicate"): "eradicated", ("eradicated", "recover"): "recovered", ("recovered", "close"): "closed",
    ("open", "note"): "open", ("contained", "note"): "contained", ("eradicated", "note"): "eradicated", ("recovered", "note"): "recovered",
    ("contained", "reopen"): "open", ("eradicated", "reopen"): "open", ("recovered", "reopen"): "open",
}  # fmt: skip
INCIDENT_ACTS = {
    "open": "立案", "contain": "控制事态", "eradicate": "消除原因", "recover": "恢复运行", "close": "总结办结", "note": "记录", "reopen": "重新研判",
    "report": "报告", "level": "调整级别",
}  # fmt: skip
REPLY_MOVES = {
    ("waiting", "receive"): "received", ("received", "answer"): "answered", ("returned", "answer"): "answered", ("answered", "verify"): "verified",
    ("answered", "return"): "returned",
}  # fmt: skip


def moved(table: dict[tuple[str, str], str], state: str, act: str) -> str | None:
    """Where an act leads; None when it may not be."""
    return table.get((state, act))


def acts_from(table: dict[tuple[str, str], str], state: str) -> list[str]:
    """What may be done from a state, in the table's order."""
    return [act for (origin, act) in table if origin == state]


def reply_late(state: str, receipt_due: datetime, feedback_due: datetime, now: datetime) -> str:
    """ "receipt" or "feedback" where a department owes it and its moment is past; "" otherwise."""
    if state in ("waiting", "received", "returned") and now > feedback_due:
        return "feedback"
    return "receipt" if state == "waiting" and now > receipt_due else ""


def due(now: datetime, hours: int) -> datetime:
    """A moment so many hours from now: danger does not keep office hours."""
    return now + timedelta(hours=hours)
