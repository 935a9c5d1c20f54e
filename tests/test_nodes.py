"""A province node and two city nodes on one machine: one case in two places, one city killed, one cut off and catching up."""

import json
import os
import shutil
import signal
import socket
import threading
import time
import urllib.error

import psycopg
import pytest
from playwright.sync_api import sync_playwright

from tests.browsers import BROWSER, FLAGS
from tests.journeys.conftest import Visitor
from tests.test_group import Installation
from tests.test_twenty_matters import value
from tongban.config.demonstration import Person, Refusal
from tongban.config.personas import DEMO_PASSWORD
from tongban.lib.sample import sample_pdf
import contextlib

WATER = "water-abstraction-permit@37"  # 取水许可, decided by 省水利厅
FOOD = "food-operation-permit-new@{}"
PATIENCE = 120  # seconds


class Wire:
    """A TCP line that can be cut: what the cities take for the province's leaf listener."""

    def __init__(self, port):
        self.port, self.cut, self.open = port, False, set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"nats://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            near, _from = self.listener.accept()
            if self.cut:
                near.close()
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self.port))
            except OSError:
                near.close()
                continue
            self.open |= {near, far}
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(one, other), daemon=True).start()

    def _pump(self, one, other):
        try:
            while data := one.recv(65536):
                other.sendall(data)
        except OSError:
            pass
        for end in (one, other):
            self.open.discard(end)
            end.close()

    def sever(self):
        self.cut = True
        for end in list(self.open):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def mend(self):
        self.cut = False


class Node(Installation):
    """An installation with what the story asks of it."""

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port}"

    def person(self, username):
        made = Person(self.address)
        made.token = made.call("POST", "/account/tokens", {"username": username, "password": DEMO_PASSWORD})["token"]
        return made

    def line(self):
        told = json.loads((self.data / "state.json").read_text())["database"]
        return psycopg.connect(told, autocommit=True)

    def one(self, statement, *arguments):
        with self.line() as line:
            return line.execute(statement, arguments).fetchone()[0]


def until(true, seconds=PATIENCE):
    """What a fact gives once it is there; services that are not there yet are waited for."""
    end, last = time.monotonic() + seconds, None
    while time.monotonic() < end:
        try:
            found = true()
            if found:
                return found
        except (psycopg.Error, OSError, Refusal, urllib.error.URLError) as fault:
            last = fault
        time.sleep(0.3)
    raise AssertionError(f"not within {seconds} s: {last}")


@pytest.fixture(scope="module")
def net(tmp_path_factory):
    """Province, Yantai, Weifang; Yantai's line can be cut."""
    home = tmp_path_factory.mktemp("nodes")
    for folder in (home, *home.parents):
        if folder.stat().st_uid == os.getuid() and "pytest" in str(folder):
            folder.chmod(0o755)
    nodes = [Node(home / name / "data", TONGBAN_WORKERS="1", TONGBAN_PEOPLE="200") for name in ("province", "yantai", "weifang")]
    up(nodes[0])
    run(nodes[0], "down")
    for other in nodes[1:]:  # loaded once, copied while it stands still; a broker of its own for each
        shutil.copytree(nodes[0].data, other.data, symlinks=True, ignore=shutil.ignore_patterns("broker", "logs"))
        adopt(nodes[0].data, other.data)
    for one in nodes:
        up(one)
    province, yantai, weifang = nodes
    wire = Wire(int(until((province.data / "broker" / "leaf-port").read_text)))
    for node, code, leaf in ((yantai, "3706", wire.address), (weifang, "3707", "")):
        file = home / f"{code}.json"
        run(province, "node", "invite", code, "--out", str(file), *(["--leaf", leaf] if leaf else []))
        assert file.stat().st_mode & 0o077 == 0
        run(node, "node", "join", str(file))
    yield province, yantai, weifang, wire
    for one in nodes:
        one.run("down")
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def chromium():
    """A browser for one test: its loop stays in the thread, where later tests run loops of their own."""
    if not BROWSER:
        pytest.skip("no browser is installed: apt-get install chromium fonts-noto-cjk")
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=BROWSER, args=FLAGS)
        yield made
        made.close()


def adopt(data, copy):
    """A copied cluster belongs to the account that the first one belongs to, and so does its folder."""
    for path in (data, *data.rglob("*")):
        if not path.is_symlink() and (copy / path.relative_to(data)).exists():
            os.chown(copy / path.relative_to(data), path.stat().st_uid, path.stat().st_gid)


def up(node):
    node.data.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
    done = node.run("up", "--detach")
    assert done.returncode == 0, done.stdout + done.stderr


def run(node, *arguments):
    done = node.run(*arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def apply(node, code, username="zhang"):
    """(person, number, data, materials): an application to any matter, for the persona's shop."""
    person = node.person(username)
    guide = person.call("GET", f"/hall/matters/{code}")
    shop = person.call("GET", "/account/me")["enterprises"][0]["credit_code"]
    kept = person.upload("/hall/files", "plan.pdf", sample_pdf("材料（合成数据）"))
    needed = [m["name"] for m in guide["materials"] if m["provider"] == "applicant" and m["required"] and m["type"] != "申请表"]
    materials = [{"material": m, "file": kept["file"], "name": "plan.pdf"} for m in needed]
    known = person.call("GET", f"/hall/prefill/{code}?acting_for={shop}")["values"]
    data = {name: known.get(name, value(told)) for name, told in guide["form"]["properties"].items()}
    body = {"matter": code, "data": data, "materials": materials, "acting_for": shop, "once": os.urandom(8).hex()}
    return person, person.call("POST", "/hall/applications", body)["number"], data, materials


def act(node, number, *wanted, opinion="同意。"):
    """The province's water officer takes the open step: the first of the wanted actions that it has."""
    officer = node.person("ding")
    [item] = until(lambda: officer.call("GET", f"/hall/work-items?case={number}"))
    action = next(a for a in wanted if a in item["actions"])
    return officer.call("POST", f"/hall/work-items/{item['id']}/actions", {"action": action, "opinion": opinion, "special_days": 0})


def state(person, number):
    return person.call("GET", f"/hall/cases/{number}")


def clocks(node, number):
    """Every clock event of a case, as this node has it."""
    with node.line() as line:
        told = 'SELECT e.kind, e."on", e.at, e.days, e.reason FROM cases_clockevent e JOIN cases_case c ON c.id = e.case_id WHERE c.number = %s ORDER BY e.id'
        return line.execute(told, [number]).fetchall()


def told_everything(node, code):
    return node.one("SELECT count(*) FROM nodes_posted p JOIN nodes_node n ON n.id = p.node_id WHERE n.code = %s AND p.given_at IS NULL", code) == 0


def sides(node, code):
    """((number, chain) sent, (number, chain) taken) of a line, as this node has it."""
    with node.line() as line:
        told = line.execute("SELECT sent, sent_chain, taken, taken_chain FROM nodes_node WHERE code = %s", [code]).fetchone()
    return told[:2], told[2:]


def quiet(*lines):
    """Nothing waits on these lines, nothing is held."""
    return all(told_everything(node, code) and node.one("SELECT count(*) FROM nodes_held WHERE dropped_at IS NULL") == 0 for node, code in lines)


def test_each_learns_of_all_the_others(net):
    province, yantai, weifang, _wire = net
    until(lambda: quiet((province, "3706"), (province, "3707"), (yantai, "37"), (weifang, "37")))
    for node, others in ((province, {"3706", "3707"}), (yantai, {"37", "3707"}), (weifang, {"37", "3706"})):
        with node.line() as line:
            told = dict(line.execute("SELECT code, public FROM nodes_node WHERE place <> 'here'").fetchall())
        assert set(told) == others
        assert all(len(public) == 128 for public in told.values())
    assert yantai.one("SELECT v.origin FROM hall_matter m JOIN hall_matterversion v ON v.id = m.version_id WHERE m.code = %s", FOOD.format("370702")) == "3707"
    assert yantai.one("SELECT count(*) FROM catalogue_resource WHERE node = '37' AND published_id IS NOT NULL") > 5
    for told in run(province, "node", "list").splitlines()[1:]:
        assert "已接入" in told


def test_handed_in_at_the_city_and_decided_in_the_province_as_one_case(net):
    province, yantai, _weifang, _wire = net
    citizen, number, data, materials = apply(yantai, WATER)
    assert number[:2] == "YT"
    act(province, number, "correct", opinion="请补充论证报告。")
    until(lambda: state(citizen, number)["state"] == "correcting")
    better = citizen.upload("/hall/files", "plan-2.pdf", sample_pdf("补正（合成数据）"))
    fixed = [{**m, "file": better["file"], "name": "plan-2.pdf"} for m in materials]
    citizen.call("POST", f"/hall/cases/{number}/corrections", {"data": data, "materials": fixed, "note": "已补充"})
    while act(province, number, "accept", "pass", "grant", "deliver")["state"] != "closed":
        pass
    until(lambda: state(citizen, number)["state"] == "closed")
    officer = province.person("ding")
    assert state(citizen, number) == state(officer, number)  # number, state, limits, light: one case
    assert clocks(yantai, number) == clocks(province, number)
    assert [kind for kind, *_rest in clocks(province, number)] == ["receive", "pause", "resume", "start", "stop"]
    licence = until(lambda: next((x for x in citizen.call("GET", "/hall/licences") if x["case"] == number), None))
    pdf = citizen.call("GET", f"/hall/licences/{licence['number']}/pdf", raw=True)
    for node in (yantai, province):
        assert Person(node.address).upload("/hall/verifications", "licence.pdf", pdf)["in_force"]
    assert officer.call("GET", f"/hall/licences/{licence['number']}/pdf", raw=True) == pdf
    invitation = until(lambda: citizen.call("GET", f"/hall/cases/{number}/rating"))
    Person(yantai.address).call("POST", f"/hall/ratings/{invitation['token']}", {"level": 5, "indicators": [], "words": "太慢"})
    told = "SELECT count(*) FROM hall_rating r JOIN hall_ratinginvitation i ON i.id = r.invitation_id WHERE i.case_number = %s AND r.rectify_due IS NOT NULL"
    until(lambda: province.one(told, number) == 1)


def press(officer, number, *wanted):
    """The open step at the window, in the browser: the first of the wanted buttons that is there."""
    officer.go(f"/hall/desk/cases/{number}/")
    page = officer.page
    name = next(w for w in wanted if page.locator(f'.tb-actions button[name="action"][value="{w}"]').count())
    page.fill("#opinion", "同意。")
    page.locator(f'.tb-actions button[name="action"][value="{name}"]').click()
    officer.sees("已办理")
    return name


def test_one_case_in_two_places_as_its_people_see_it(net, chromium):
    """In two browsers: the citizen on a phone at the city, the officer at the province, the administrator between them."""
    province, yantai, _weifang, _wire = net
    api, number, _data, _materials = apply(yantai, WATER)
    citizen = Visitor(chromium, yantai.address, 390).become("zhang")
    citizen.go(f"/hall/cases/{number}/")
    citizen.sees("节点办理，这里显示它传来的进展").check()
    until(lambda: state(province.person("ding"), number))
    officer = Visitor(chromium, province.address).become("ding")
    officer.go(f"/hall/desk/cases/{number}/")
    officer.check()
    while press(officer, number, "accept", "pass", "grant", "deliver") != "deliver":
        pass
    until(lambda: next((x for x in api.call("GET", "/hall/licences") if x["case"] == number), None))
    until(lambda: api.call("GET", f"/hall/cases/{number}/rating"))
    citizen.go(f"/hall/cases/{number}/")
    citizen.sees("已办结").sees("您的证照已制作").check()
    citizen.page.get_by_role("link", name="去评价").click()
    citizen.page.locator("#l1").check()
    citizen.page.locator("main form button.ds-button").click()
    until(
        lambda: province.one("SELECT count(*) FROM hall_rating r JOIN hall_ratinginvitation i ON i.id = r.invitation_id WHERE i.case_number = %s", number) == 1
    )
    administrator = Visitor(chromium, province.address).become("chen")
    administrator.go("/exchange/nodes/")
    administrator.sees("烟台市").sees("畅通").check()


def test_from_city_to_city_by_way_of_the_province_which_reads_nothing(net):
    province, yantai, weifang, _wire = net
    citizen, number, _data, _materials = apply(yantai, FOOD.format("370702"))
    until(lambda: weifang.one("SELECT count(*) FROM cases_case WHERE number = %s AND filed_at = '3706'", number) == 1)
    until(lambda: yantai.one("SELECT heard_at IS NOT NULL FROM cases_case WHERE number = %s", number))
    assert province.one("SELECT count(*) FROM cases_case WHERE number = %s", number) == 0
    assert province.one("SELECT count(*) FROM nodes_posted WHERE key = %s AND kind = 'hall.application' AND origin = '3706'", number) == 1
    citizen.call("POST", f"/hall/cases/{number}/withdrawal", {"reason": "不办了"})
    until(lambda: state(citizen, number)["state"] == "withdrawn")
    assert weifang.one("SELECT state FROM cases_case WHERE number = %s", number) == "withdrawn"


def test_cut_off_both_go_on_and_catch_up_by_themselves(net):
    province, yantai, _weifang, wire = net
    citizen, first, _data, _materials = apply(yantai, WATER)
    until(lambda: state(province.person("ding"), first))
    until(lambda: quiet((province, "3706"), (yantai, "37")))
    wire.sever()
    numbers = [apply(yantai, WATER)[1] for _n in range(3)]
    act(province, first, "accept")
    time.sleep(5)
    assert state(citizen, first)["state"] == "submitted"
    assert province.one("SELECT count(*) FROM cases_case WHERE number = ANY(%s)", numbers) == 0
    assert not told_everything(yantai, "37")
    wire.mend()
    until(lambda: state(citizen, first)["state"] == "accepted")
    until(lambda: province.one("SELECT count(*) FROM cases_case WHERE number = ANY(%s)", numbers) == 3)
    until(lambda: quiet((province, "3706"), (yantai, "37")))
    for number in (first, *numbers):
        assert clocks(yantai, number) == clocks(province, number)
    assert province.one("SELECT count(*) FROM (SELECT number FROM cases_case GROUP BY number HAVING count(*) > 1) d") == 0


@pytest.mark.parametrize("who", ["yantai", "province"])
def test_killed_it_goes_on_where_it_stood(net, who):
    province, yantai, _weifang, _wire = net
    victim = yantai if who == "yantai" else province
    _citizen, number, _data, _materials = apply(yantai, WATER)
    until(lambda: state(province.person("ding"), number))
    os.kill(victim.supervisor(), signal.SIGKILL)
    if victim is yantai:
        act(province, number, "accept")
    else:
        apply(yantai, WATER)
    until(lambda: not victim.processes(), 60)
    up(victim)
    if victim is province:
        act(province, number, "accept")
    until(lambda: state(yantai.person("zhang"), number)["state"] == "accepted")
    until(lambda: quiet((province, "3706"), (yantai, "37")))
    assert clocks(yantai, number) == clocks(province, number)
    # Taking the last letter of one side may make a letter of the other: quiet is no moment, agreement is.
    until(lambda: sides(province, "3706") == sides(yantai, "37")[::-1])


def test_the_record_of_each_is_whole(net):
    for node in net[:3]:
        assert node.run("verify").returncode == 0


def test_ended_it_hears_nothing_more_and_its_matters_come_back(net):
    province, _yantai, weifang, _wire = net
    assert province.run("node", "end", "3707", "--reason", "").returncode == 1
    run(province, "node", "end", "3707", "--reason", "测试结束")
    until(lambda: "does not answer" in (weifang.data / "logs" / "exchange.log").read_text().splitlines()[-1])
    number = apply(province, FOOD.format("370702"))[1]
    assert province.one("SELECT home FROM cases_case WHERE number = %s", number) == ""
    again = province.run("node", "invite", "3707", "--out", str(province.data / "again.json"))
    assert again.returncode == 0, again.stdout + again.stderr
    assert province.run("node", "invite", "3706", "--out", str(province.data / "twice.json")).returncode == 1
