"""Roles, and the pure decisions about them."""

from datetime import date, datetime, timedelta

CITIZEN, CLERK, EXAMINER, INSPECTOR, APPROVER, ISSUER = "citizen", "clerk", "examiner", "inspector", "approver", "issuer"
MATTER_EDITOR, MATTER_REVIEWER, MATTER_PUBLISHER = "matter_editor", "matter_reviewer", "matter_publisher"
SUPERVISOR, ADMINISTRATOR, SYSTEM = "supervisor", "administrator", "system"
ROLES = {
    CITIZEN: "办事人", CLERK: "窗口受理员", EXAMINER: "审查员", INSPECTOR: "核查员", APPROVER: "审批负责人", ISSUER: "出证员",
    MATTER_EDITOR: "事项管理员", MATTER_REVIEWER: "事项审核员", MATTER_PUBLISHER: "事项发布员", SUPERVISOR: "监察员",
    ADMINISTRATOR: "系统管理员", SYSTEM: "系统",
}  # fmt: skip
EVERYONE_LOGGED_IN = tuple(r for r in ROLES if r != SYSTEM)
CASE_ROLES = (CLERK, EXAMINER, INSPECTOR, APPROVER, ISSUER)
OFFICIALS = tuple(r for r in ROLES if r not in (CITIZEN, SYSTEM))

REPRESENTATIVE, AGENT = "法定代表人", "经办人授权"
LONGEST_MANDATE = timedelta(days=366)
FREE_FAILURES = 5
LONGEST_LOCK = timedelta(hours=1)


def locked_until(failures: int, last: datetime | None) -> datetime | None:
    """Backoff after failed logins: five are free, then 30 s, 1 min, 2 min … one hour at most."""
    if last is None or failures < FREE_FAILURES:
        return None
    wait = timedelta(seconds=30 * 2 ** min(failures - FREE_FAILURES, 10))
    return last + min(wait, LONGEST_LOCK)


def in_force(begun: date, ended: date | None, today: date) -> bool:
    """Whether an appointment or a mandate holds today; the last day counts."""
    return begun <= today and (ended is None or today <= ended)
