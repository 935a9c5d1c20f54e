"""Rules, controls, periods, limits as shipped; a little synthetic history for the demo."""

import csv
import json
from datetime import date, timedelta
from pathlib import Path

from tongban.kernel.identity.actor import Actor
from tongban.lib import clock
from tongban.rooms.trust.security.commands import honey, intake, protection, warnings
from tongban.rooms.trust.security.models import Control, CorrelationRule, Extractor, Observation, Period, ProtectedSystem, ReportingLimit
from tongban.rooms.trust.security.rules import correlation


def load_reference(folder: Path) -> int:
    """Enter what is missing; each file once."""
    return _rules(folder / "rules.json") + _controls(folder / "controls.csv") + _periods(folder / "periods.csv") + _rest(folder)


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(newline="") as opened:
        return list(csv.DictReader(opened))


def _dated(row: dict[str, str]) -> dict[str, object]:
    return {"document": row["document"], "effective_from": date.fromisoformat(row["effective_from"]), "verified": row["verified"] == "yes"}


def _rules(file: Path) -> int:
    if CorrelationRule.objects.exists():
        return 0
    held = json.loads(file.read_text())
    for one in held:
        correlation.check(one["condition"])
    return len(CorrelationRule.objects.bulk_create(CorrelationRule(**{**r, "effective_from": date.fromisoformat(r["effective_from"])}) for r in held))


def _controls(file: Path) -> int:
    if Control.objects.exists():
        return 0
    made = [
        Control(regime=r["regime"], code=r["code"], family=r["family"], name=r["name"], least_level=int(r["least_level"]), **_dated(r)) for r in _rows(file)
    ]
    return len(Control.objects.bulk_create(made))


def _periods(file: Path) -> int:
    if Period.objects.exists():
        return 0
    return len(
        Period.objects.bulk_create(Period(regime=r["regime"], level=int(r["level"]), what=r["what"], days=int(r["days"]), **_dated(r)) for r in _rows(file))
    )


def _rest(folder: Path) -> int:
    made = 0
    if not ReportingLimit.objects.exists():
        limits = [ReportingLimit(level=int(r["level"]), to=r["to"], minutes=int(r["minutes"]), **_dated(r)) for r in _rows(folder / "reporting.csv")]
        made += len(ReportingLimit.objects.bulk_create(limits))
    if not Extractor.objects.exists():
        made += len(Extractor.objects.bulk_create(Extractor(**r) for r in _rows(folder / "extractors.csv")))
    return made


# key, name, organ, regime, S, A, [(step, days ago, outcome, score, reference)]
DEMO = (
    ("tongban", "通办平台（合成记录）", "sd-bigdata", "classified", 3, 3, (("grading", 400, "", None, ""), ("review", 390, "", None, ""),
     ("filing", 380, "", None, "37000000000-00001（合成）"), ("assessment", 200, "passed-with-findings", 86.5, "合成测评报告"))),
    ("tongban-crypto", "通办平台密码应用（合成记录）", "sd-bigdata", "cryptography", 3, 3, (("grading", 400, "", None, ""), ("review", 390, "", None, ""),
     ("filing", 380, "", None, "密备合成-01"), ("assessment", 400 - 20, "passed", 78.0, "合成密评报告"))),
    ("samr-registry", "省市场主体登记系统（合成记录）", "sd-samr", "classified", 3, 2, (("grading", 60, "", None, ""), ("review", 55, "", None, ""))),
    ("lixia-window", "历下区窗口系统（合成记录）", "370102-market", "classified", 2, 2, (("grading", 300, "", None, ""), ("review", 295, "", None, ""),
     ("filing", 290, "", None, "37010200000-00007（合成）"), ("assessment", 250, "passed", 91.0, "合成测评报告"))),
)  # fmt: skip


def load_demo(actor: Actor) -> int:
    """Four systems at different places of their cycle, honey, a warning, a day of synthetic events."""
    if ProtectedSystem.objects.exists():
        return 0
    today = clock.today()
    for key, name, organ, regime, business, service, steps in DEMO:
        protection.register_system(actor, key=key, name=name, organ=organ, regime=regime, business_grade=business, service_grade=service, extensions=[])
        for kind, ago, outcome, score, reference in steps:
            protection.record_step(
                actor, system=key, kind=kind, on=today - timedelta(days=ago), outcome=outcome, score=score, reference=reference, words="演示数据"
            )
    protection.add_finding(actor, system="tongban", control="8.1.4.9", risk="medium", words="备份介质未定期恢复演练（合成）", due=today + timedelta(days=20))
    for path in ("/.env", "/wp-login.php", "/phpmyadmin/", "/.git/config"):
        honey.lay_honey(actor, kind="path", value=path, words="本平台没有此路径，只有扫描者会访问")
    honey.lay_honey(actor, kind="login", value="root", words="本平台没有此账户")
    return len(DEMO) + _events() + _warning(actor)


def _events() -> int:
    """A night in which someone tried passwords: synthetic, from addresses reserved for documentation (RFC 5737)."""
    if Observation.objects.filter(source="demo").exists():
        return 0
    begin = clock.now() - timedelta(hours=20)
    told = [
        intake.Told(
            kind="login-failed", source="demo", at=begin + timedelta(seconds=20 * n), name=f"user{n % 9}（合成）", address="203.0.113.7", words="演示数据"
        )
        for n in range(26)
    ]
    told += [
        intake.Told(
            kind="probe", source="demo", at=begin + timedelta(hours=n // 3, minutes=n), address="198.51.100.23", subject=f"/old-{n}.php", words="演示数据"
        )
        for n in range(18)
    ]
    return intake.take(told)


def _warning(actor: Actor) -> int:
    warnings.issue_warning(
        actor, title="关于某型办公软件高危漏洞的预警（合成）", colour="yellow", body="演示数据：该软件旧版本存在远程执行漏洞。", remedy="排查使用情况，升级到最新版本，暂不能升级的断开互联网。",
        feedback_due=clock.now() + timedelta(days=5), organs=["sd-bigdata", "sd-samr", "370102-market", "3701-market"],
    )  # fmt: skip
    return 1
