"""隐私比对: asked, joined, compared, destroyed; each side reads its own rows alone."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tongban.kernel.files.models import File
from tongban.kernel.identity import queries as identity
from tongban.kernel.identity.actor import system
from tongban.kernel.ledger.delivery import Delivered
from tongban.kernel.ledger.models import Entry
from tongban.kernel.notices.models import Notice
from tongban.lib import clock
from tongban.lib.errors import Conflict, Invalid, NotFound, Refused
from tongban.lib.matching.private import encode
from tongban.rooms.data.registries import handlers, tasks
from tongban.rooms.data.registries.commands import private as commands
from tongban.rooms.data.registries.models import PrivateComparison
from tongban.rooms.data.registries.queries import private as queries

pytestmark = pytest.mark.django_db
PLATFORM = system("测试")
SECRET = "两家约定的密钥，当面交换，不经平台"
FIELDS = ("姓名", "出生日期", "性别")
OURS = [{"姓名": "王合成", "出生日期": "19800501", "性别": "女"}, {"姓名": "李合成", "出生日期": "19911123", "性别": "男"}]
THEIRS = [{"姓名": "赵合成", "出生日期": "19660809", "性别": "男"}, {"姓名": "李合成", "出生日期": "19911123", "性别": "男"}]


def person(username):
    return identity.actor_of_account(identity.account_named(username).id)


def encoded(rows, secret=SECRET, fields=FIELDS):
    return encode(rows, fields, secret).dumped()


@pytest.fixture
def asked():
    return commands.ask_private(person("tao"), title="参保人与驾驶员", purpose="出行补贴核验", other="sd-police", content=encoded(OURS))


def moved(held, move):
    handlers.follow_private(
        Delivered(1, "registries.private.moved", f"private-comparison:{held.id}", clock.now(), None, "测试", None, {"comparison": str(held.id), "move": move})
    )


def test_two_departments_learn_which_rows_they_share_and_nothing_else(asked):
    moved(asked, "asked")
    commands.join_private(person("xu"), comparison=asked.id, content=encoded(THEIRS))
    tasks.compare_private(comparison=asked.id)
    tasks.compare_private(comparison=asked.id)
    held = PrivateComparison.objects.get()
    assert (held.state, held.pairs) == ("done", [[2, 2, 1.0]])
    assert queries.own_pairs(person("tao"), held) == [(1, 2, 1.0)]
    assert all(f.destroyed_at for f in File.objects.filter(id__in=[held.asking_file, held.asked_file]))
    assert [e.body["move"] for e in Entry.objects.filter(tag="registries.private.moved").order_by("id")] == ["asked", "joined", "done"]
    moved(held, "done")
    assert Notice.objects.filter(title__contains="参保人与驾驶员").count() == 3  # xu is asked; both hear the end
    with pytest.raises(NotFound):
        queries.comparison(person("jin"), held.id)


def test_secrets_that_differ_are_told_and_nothing_is_kept(asked):
    commands.join_private(person("xu"), comparison=asked.id, content=encoded(THEIRS, SECRET + "二"))
    held = commands.run_private(PLATFORM, comparison=asked.id)
    assert held.state == "failed"
    assert "密钥" in held.words
    assert File.objects.filter(destroyed_at=None, name="encoded.json").count() == 0


def test_only_who_was_asked_answers_and_once(asked):
    with pytest.raises(Refused):
        commands.join_private(person("tao"), comparison=asked.id, content=encoded(THEIRS))
    with pytest.raises(NotFound):
        commands.refuse_private(person("jin"), comparison=asked.id, words="与我无关的事")
    with pytest.raises(Invalid):
        commands.refuse_private(person("xu"), comparison=asked.id, words="不")
    assert commands.refuse_private(person("xu"), comparison=asked.id, words="目的不在法定职责内").state == "refused"
    with pytest.raises(Conflict):
        commands.join_private(person("xu"), comparison=asked.id, content=encoded(THEIRS))
    assert File.objects.get(id=asked.asking_file).destroyed_at


def test_rows_themselves_are_never_taken(asked):
    for content in ("姓名,出生日期\n王合成,19800501\n".encode(), b"{}", b"x" * (commands.UPLOAD + 1)):
        with pytest.raises(Invalid) as told:
            commands.join_private(person("xu"), comparison=asked.id, content=content)
        assert "file" in told.value.fields
    with pytest.raises(Invalid, match="姓名、出生日期、性别"):
        commands.join_private(person("xu"), comparison=asked.id, content=encoded(THEIRS, fields=("姓名",)))
    for wrong in ({"other": "sd-hrss"}, {"other": "none"}, {"title": ""}, {"purpose": " "}):
        with pytest.raises(Invalid):
            commands.ask_private(person("tao"), **{"title": "甲", "purpose": "乙", "other": "sd-police", "content": encoded(OURS), **wrong})


def test_pages(as_persona, tmp_path):
    def file(rows):
        return SimpleUploadedFile("rows.json", encoded(rows))

    client = as_persona("tao")
    assert "还没有比对" in client.get("/registries/private/").content.decode()
    assert client.post("/registries/private/", {"title": "甲", "purpose": "乙", "other": "sd-police"}).status_code == 422
    page = client.post("/registries/private/", {"title": "参保人", "purpose": "核验", "other": "sd-police", "file": file(OURS)}, follow=True)
    assert "待对方参加" in page.content.decode()
    held = PrivateComparison.objects.get()
    address = f"/registries/private/{held.id}/"
    client = as_persona("xu")
    assert "邀请本部门" in client.get("/registries/private/").content.decode()
    assert "--fields 姓名,出生日期,性别" in client.get(address).content.decode()
    assert client.post(address, {"act": "join"}).status_code == 422
    client.post(address, {"act": "join", "file": file(THEIRS)})
    commands.run_private(PLATFORM, comparison=held.id)
    told = client.get(address).content.decode()
    assert "您的2行中有1行也在对方文件里" in told
    assert client.get(address, {"export": "csv"}).content.decode("utf-8-sig").splitlines()[1].startswith("1,2,1.0")
    assert as_persona("jin").get(address).status_code == 404


def test_the_same_by_api(as_persona):
    def call(who, path, **told):
        client = as_persona(who)
        address = f"/api/registries/private{path}"
        return (client.post(address, told, content_type="application/json") if told else client.get(address)).json()

    made = call("tao", "", title="参保人", purpose="核验", other="sd-police", encoded=json.loads(encoded(OURS)))
    assert (made["state"], made["fields"]) == ("asked", list(FIELDS))
    assert call("xu", f"/{made['id']}/join", encoded={"format": "rows", "rows": OURS})["status"] == 422
    assert call("tao", f"/{made['id']}/join", encoded=json.loads(encoded(THEIRS)))["status"] == 403
    assert call("xu", f"/{made['id']}/join", encoded=json.loads(encoded(THEIRS)))["state"] == "comparing"
    commands.run_private(PLATFORM, comparison=made["id"])
    assert call("tao", f"/{made['id']}")["pairs"] == [[1, 2, 1.0]]
    again = call("tao", "", title="参保人", purpose="核验", other="sd-police", encoded=json.loads(encoded(OURS)))
    assert call("xu", f"/{again['id']}/refuse", words="目的不在法定职责内")["state"] == "refused"
    assert call("jin", f"/{again['id']}")["status"] == 404
