"""Roles, and the pure decisions about them."""

from datetime import date, datetime, timedelta

CITIZEN, CLERK, EXAMINER, INSPECTOR, APPROVER, ISSUER = "citizen", "clerk", "examiner", "inspector", "approver", "issuer"
MATTER_EDITOR, MATTER_REVIEWER, MATTER_PUBLISHER = "matter_editor", "matter_reviewer", "matter_publisher"
SUPERVISOR, ADMINISTRATOR, SYSTEM = "supervisor", "administrator", "system"
SECURITY_ADMINISTRATOR, AUDITOR = "security_administrator", "auditor"
DATA_STEWARD, CATALOGUE_REVIEWER, CATALOGUE_PUBLISHER = "data_steward", "catalogue_reviewer", "catalogue_publisher"
ROLES = {
    CITIZEN: "办事人", CLERK: "窗口受理员", EXAMINER: "审查员", INSPECTOR: "核查员", APPROVER: "审批负责人", ISSUER: "出证员",
    MATTER_EDITOR: "事项管理员", MATTER_REVIEWER: "事项审核员", MATTER_PUBLISHER: "事项发布员", SUPERVISOR: "监察员",
    ADMINISTRATOR: "系统管理员", SECURITY_ADMINISTRATOR: "安全管理员", AUDITOR: "审计管理员",
    DATA_STEWARD: "数据管理员", CATALOGUE_REVIEWER: "目录审核员", CATALOGUE_PUBLISHER: "目录发布员", SYSTEM: "系统",
}  # fmt: skip
EVERYONE_LOGGED_IN = tuple(r for r in ROLES if r != SYSTEM)
CASE_ROLES = (CLERK, EXAMINER, INSPECTOR, APPROVER, ISSUER)
# GB/T 22239-2019 8.1.5 to 8.1.7: system, security and audit administrators are three different people.
SEPARATED = (
    frozenset({ADMINISTRATOR, SECURITY_ADMINISTRATOR, AUDITOR}),
    frozenset({MATTER_EDITOR, MATTER_REVIEWER, MATTER_PUBLISHER}),
    frozenset({CATALOGUE_REVIEWER, CATALOGUE_PUBLISHER}),
)
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


# GB/T 22239-2019 8.1.4.1 d): two proofs, one of them cryptographic, for whoever administers.
STRONG = frozenset({ADMINISTRATOR, SECURITY_ADMINISTRATOR, AUDITOR})
ONE_PROOF, TWO_PROOFS = 1, 2
PROVED_FOR = timedelta(minutes=10)
RECOVERY_CODES = 10
_LEVELS = {"password": 1, "sms": 1, "persona": 2, "passkey": 2, "password+totp": 2, "password+recovery": 2, "sms+totp": 2, "sms+recovery": 2, "certificate": 2}


def level_of(way: str) -> int:
    """The assurance that a way of logging in gives."""
    return _LEVELS[way]


def effective_roles(roles: frozenset[str], level: int) -> frozenset[str]:
    """The roles that hold at a level of assurance."""
    return roles if level >= TWO_PROOFS else roles - STRONG


def clashes(role: str, held: set[str]) -> str:
    """The role already held that nobody may hold together with `role`; "" when there is none."""
    return next((one for group in SEPARATED if role in group for one in sorted(held & group) if one != role), "")


def in_force(begun: date, ended: date | None, today: date) -> bool:
    """Whether an appointment or a mandate holds today; the last day counts."""
    return begun <= today and (ended is None or today <= ended)


# Roles for a while -------------------------------------------------------------------------------------------------------

LONGEST_DELEGATION = timedelta(days=90)
BREAK_GLASS = timedelta(hours=1)
JUDGED_WITHIN = 3  # working days, by a security administrator; a proposal
BREAKABLE = (*CASE_ROLES, SUPERVISOR)
DELEGABLE = tuple(r for r in OFFICIALS if r not in STRONG)

# How sensitive each element of a person's data is, 1 to 4 (GB/T 35273-2020 names identity numbers sensitive; the grades are a proposal).
SENSITIVITY = {"name": 1, "region_code": 1, "address": 2, "mobile": 2, "id_number": 3, "photo": 4, "health": 4}
LEAST_CLEARANCE, DEFAULT_CLEARANCE, MOST_CLEARANCE = 1, 3, 4


def sensitivity(field: str) -> int:
    """How high a clearance an element asks for; what is not listed is taken for the most sensitive."""
    return SENSITIVITY.get(field, MOST_CLEARANCE)


def delegation_fault(role: str, held: set[str], begun: datetime, ends: datetime, now: datetime) -> str:
    """ "" when a role may be delegated, else: role, held (by appointment), span."""
    if role not in DELEGABLE:
        return "role"
    if role not in held:
        return "held"
    if not now - timedelta(days=1) <= begun < ends <= begun + LONGEST_DELEGATION or ends <= now:
        return "span"
    return ""


# Acting for another, and leaving ------------------------------------------------------------------------------------------

GUARDIANS = ("父亲", "母亲", "祖父母", "外祖父母", "成年兄姐", "其他监护人")  # 民法典 art. 27


def eighteenth_birthday(id_number: str) -> date:
    """The day on which the bearer of a sound identity number comes of age (民法典 art. 17); born on 29 February: 1 March."""
    year, month, day = int(id_number[6:10]), int(id_number[10:12]), int(id_number[12:14])
    try:
        return date(year + 18, month, day)
    except ValueError:
        return date(year + 18, 3, 1)


def cancellation_blocks(*, open_cases: int, posts: int, represented: int) -> list[str]:
    """What must be finished before an account is cancelled."""
    return [word for word, count in (("cases", open_cases), ("posts", posts), ("represented", represented)) if count]
