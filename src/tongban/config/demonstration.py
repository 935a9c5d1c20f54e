"""`tongban demo`: the main job, played through the public API as four people would."""

import json
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tongban.config.personas import DEMO_PASSWORD, FOOD, LIXIA
from tongban.lib.sample import sample_pdf

WAIT = 60
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Refusal(Exception):
    """The server refused; the text is its sentence."""


@dataclass
class Person:
    """Someone with a token."""

    address: str
    token: str = ""

    def call(self, method: str, path: str, body: Any = None, *, raw: bool = False, kind: str = "application/json") -> Any:
        """Call the API; raises Refusal with the server's own words."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"{self.address}/api{path}", data, {"Content-Type": kind}, method=method)  # noqa: S310
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        try:
            with _OPENER.open(request, timeout=30) as answer:
                content = answer.read()
        except urllib.error.HTTPError as fault:
            raise Refusal(fault.read().decode(errors="replace")) from fault
        return content if raw else json.loads(content)

    def upload(self, path: str, name: str, content: bytes) -> Any:
        """One file as multipart/form-data."""
        mark = uuid.uuid4().hex
        head = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: application/octet-stream\r\n\r\n'
        return self.call("POST", path, head.encode() + content + f"\r\n--{mark}--\r\n".encode(), kind=f"multipart/form-data; boundary={mark}")


@dataclass
class Play:
    """The play so far."""

    address: str
    say: Callable[[str], None]
    number: str = ""
    steps: list[dict[str, Any]] = field(default_factory=list)

    def person(self, username: str) -> Person:
        made = Person(self.address)
        made.token = made.call("POST", "/account/tokens", {"username": username, "password": DEMO_PASSWORD})["token"]
        return made

    def told(self, name: str, line: str, **detail: Any) -> None:
        """Keep a step and say it."""
        now = datetime.now().astimezone()
        self.steps.append({"name": name, "at": now.isoformat(), "case": self.number, "detail": {"line": line, **detail}})
        self.say(f"{now:%H:%M:%S}  {name:<12} {line}")


def play(address: str, say: Callable[[str], None]) -> list[dict[str, Any]]:
    """Play everything; returns the steps."""
    play = Play(address, say)
    citizen = play.person("zhang")
    materials, data = _apply(play, citizen)
    _correct(play, citizen, materials, data)
    _decide(play)
    _licence(play, citizen)
    _supervise(play)
    return play.steps


def _apply(play: Play, citizen: Person) -> tuple[list[dict[str, str]], dict[str, Any]]:
    found = citizen.call("GET", f"/hall/matters?region={LIXIA}&q=%E6%88%91%E8%A6%81%E5%BC%80%E4%B8%80%E5%AE%B6%E5%B0%8F%E9%A4%90%E9%A6%86")
    code = found["hits"][0]["code"]
    guide = citizen.call("GET", f"/hall/matters/{code}")
    play.told("found", f"在历下区搜索“我要开一家小餐馆”，第一项是{guide['name']}（{guide['organ']}）", code=code)
    enterprise = citizen.call("GET", "/account/me")["enterprises"][0]
    kept = citizen.upload("/hall/files", "plan.pdf", sample_pdf("经营场所布局草图（合成数据）"))
    needed = [m["name"] for m in guide["materials"] if m["provider"] == "applicant" and m["required"] and m["type"] != "申请表"]
    materials = [{"material": name, "file": kept["file"], "name": "plan.pdf"} for name in needed]
    fetched = citizen.call("POST", f"/hall/prefill/{code}", {"acting_for": enterprise["credit_code"], "consent": "演示：申请人同意调取"})
    known = {**citizen.call("GET", f"/hall/prefill/{code}?acting_for={enterprise['credit_code']}")["values"], **fetched["values"]}
    sources = "、".join(sorted({s.split("·")[0] for s in fetched["sources"].values()}))
    play.told(
        "fetched",
        f"经同意，从{sources}调取{len(fetched['values'])}项，{len(fetched['proved'])}份材料免提交",
        fetched=len(fetched["values"]),
        proved=len(fetched["proved"]),
    )
    data = {k: v for k, v in {**FOOD, **known}.items() if k in guide["form"]["properties"]}
    body = {"matter": code, "data": data, "materials": materials, "acting_for": enterprise["credit_code"], "once": uuid.uuid4().hex}
    play.number = citizen.call("POST", "/hall/applications", body)["number"]
    play.told("submitted", f"{enterprise['name']}提交申请，{len(known)}项由政府已有数据带出，办件编号{play.number}", prefilled=len(known))
    return materials, data


def _act(play: Play, username: str, action: str, opinion: str = "", days: int = 0) -> dict[str, Any]:
    """The named official does the open step of the case."""
    official = play.person(username)
    items = official.call("GET", f"/hall/work-items?case={play.number}")
    body = {"action": action, "opinion": opinion, "special_days": days}
    done: dict[str, Any] = official.call("POST", f"/hall/work-items/{items[0]['id']}/actions", body)
    return done


def _correct(play: Play, citizen: Person, materials: list[dict[str, str]], data: dict[str, Any]) -> None:
    _act(play, "li", "correct", "布局图未标明洗消区，请补充。")
    play.told("correction", "窗口李合成一次告知补正：布局图未标明洗消区；停止计时")
    better = citizen.upload("/hall/files", "plan-2.pdf", sample_pdf("经营场所布局图：烹饪区、洗消区、就餐区（合成数据）"))
    fixed = [{**m, "file": better["file"], "name": "plan-2.pdf"} for m in materials]
    citizen.call("POST", f"/hall/cases/{play.number}/corrections", {"data": data, "materials": fixed, "note": "已补充洗消区"})
    play.told("resubmitted", "申请人补正后重新提交")


def _decide(play: Play) -> None:
    one = _act(play, "li", "accept")
    play.told("accepted", f"受理；下一个工作日起算，承诺{one['promise_due']}前决定", promise_due=one["promise_due"])
    _act(play, "qian", "pass", "现场与图纸一致。")
    play.told("site-checked", "现场核查相符；时钟照走")
    one = _act(play, "qian", "test", "餐具洗消效果需要检验检测。", 3)
    play.told("suspended", "启动检验检测（行政许可法第四十五条），书面告知需3个工作日；停止计时", light=one["light"])
    one = _act(play, "qian", "finish", "检测合格。")
    play.told("resumed", f"检测合格，恢复计时，期限{one['promise_due']}", promise_due=one["promise_due"])
    _act(play, "qian", "pass", "符合食品安全法第三十三条。")
    one = _act(play, "zhao", "grant", "准予许可。")
    play.told("granted", "审批负责人赵合成准予许可", result=one["result"])


def _licence(play: Play, citizen: Person) -> None:
    licence = _until(lambda: next((x for x in citizen.call("GET", "/hall/licences") if x["case"] == play.number), None))
    pdf = citizen.call("GET", f"/hall/licences/{licence['number']}/pdf", raw=True)
    play.told("licence", f"{licence['name']} {licence['number']} 已制作并签名，PDF {len(pdf):,}字节", number=licence["number"], bytes=len(pdf))
    _act(play, "sun", "deliver")
    stranger = Person(play.address)
    good = stranger.upload("/hall/verifications", "licence.pdf", pdf)
    bad = stranger.upload("/hall/verifications", "licence.pdf", pdf[:-2] + bytes([pdf[-2] ^ 1, pdf[-1]]))
    proof = _until(lambda: _try(lambda: citizen.call("GET", f"/hall/cases/{play.number}/proof?tag=hall.licence.issued")))
    if not good["genuine"] or bad["genuine"]:
        raise Refusal("verification is wrong")
    play.told(
        "verified", f"任何人可核验：原件为真，改动一个字节即不符；账本证明：第{proof['index'] + 1}条，可离线核验",
        genuine=True, changed_byte_genuine=False, proof=proof,
    )  # fmt: skip
    invitation = _until(lambda: _try(lambda: citizen.call("GET", f"/hall/cases/{play.number}/rating")))
    stranger.call("POST", f"/hall/ratings/{invitation['token']}", {"level": 1, "indicators": ["办事效率"], "words": "一次没跑"})
    play.told("rated", "申请人评价：非常满意")


def _supervise(play: Play) -> None:
    """The cases that the demo left to run late: who was warned, what shines, who urges, who answers."""
    supervisor = play.person("zhou")
    office = play.person("zhao")
    for level, name, words in (("prompt", "warned", "到期前一个工作日提醒承办人"), ("yellow", "yellow", "超期亮黄牌"), ("red", "red", "超法定期限亮红牌")):
        lights = supervisor.call("GET", f"/supervision/lights?level={level}")
        if lights:
            play.told(name, f"{words}：{lights[0]['case']} {lights[0]['reason']}", light=lights[0]["id"], late_case=lights[0]["case"])
    urgent = [x for x in office.call("GET", "/supervision/lights?state=open") if x["level"] != "prompt"]
    if urgent:
        light = urgent[0]["id"]
        supervisor.call("POST", f"/supervision/lights/{light}/urgings", {"words": "请说明超期原因并限期办结。"})
        play.told("urged", f"省级监察员督办{urgent[0]['case']}", light=light, late_case=urgent[0]["case"])
        office.call("POST", f"/supervision/lights/{light}/replies", {"words": "核查人员不足，已调配，今日办结。"})
        play.told("answered", "历下区市场监督管理局答复督办", light=light, late_case=urgent[0]["case"])


def _until(ask: Callable[[], Any]) -> Any:
    """Ask until there is an answer: the worker makes licences and seals the ledger."""
    until = time.monotonic() + WAIT
    while time.monotonic() < until:
        found = ask()
        if found:
            return found
        time.sleep(0.2)
    raise Refusal("the worker did not finish in time; see ./tongban logs")


def _try(ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except Refusal:
        return None
