"""Large files: part by part, block by block, piece by piece; nothing whole in memory, nothing sent twice."""

import io
import json
import random
from datetime import timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.conf import settings

from tongban.kernel.catalogue import seed
from tongban.kernel.files import chunks
from tongban.kernel.files import commands as files
from tongban.kernel.files import queries as kept
from tongban.kernel.files import tasks as file_tasks
from tongban.kernel.files.models import LargeFile
from tongban.kernel.identity.actor import system
from tongban.kernel.ledger.models import Entry
from tongban.lib import clock, packages, sm
from tongban.lib.codes import make_credit_code
from tongban.lib.errors import Conflict, Invalid, NotFound, Refused, TooLarge
from tongban.rooms.data.exchange.commands import files as file_commands
from tongban.rooms.data.exchange.commands import uploads as commands
from tongban.rooms.data.exchange.models import Batch, Flow, SetAside, Upload
from tongban.rooms.data.exchange.queries import files as queries
from tongban.rooms.data.exchange.tests.test_files import agreed, opened, person, take

PLATFORM = system("测试")
ROWS = 150_000
HEADER = "统一社会信用代码,name,registered_on,status\n"


@pytest.fixture
def agreement(db):
    seed.load_demo(PLATFORM, settings.DATASETS / "catalogue")
    return agreed()


@pytest.fixture(scope="module")
def large():
    """About 9 MB: three parts, two blocks of CSV."""
    lines = [f"{make_credit_code('91', '370102', f'MB{n:07d}')},合成企业{n}号（合成数据）,2020-01-02,存续\n" for n in range(ROWS)]
    return (HEADER + "".join(lines)).encode()


def begin(agreement, content, **more):
    told = {"agreement": agreement, "name": "企业.csv", "size": len(content), **more}
    return commands.begin_upload(person("jin"), **told)


def put(upload, content, *numbers):
    for n in numbers:
        part = content[n * chunks.SIZE : (n + 1) * chunks.SIZE]
        commands.put_part(person("jin"), upload=upload.file, number=n, content=part, digest=sm.sm3_hex(part))


def finished(upload):
    """As the background does it."""
    commands.finish_upload(person("jin"), upload=upload.file)
    commands.check_upload(upload.file)
    return Upload.objects.get(id=upload.id)


def test_parts_in_any_order_gone_on_with_after_a_break_become_one_package(agreement, large):
    upload = begin(agreement, large)
    put(upload, large, 2, 0)
    assert kept.lacking(kept.large(upload.file)) == [1]
    with pytest.raises(Conflict, match="缺少分片：1"):
        commands.finish_upload(person("jin"), upload=upload.file)
    assert begin(agreement, large).file == upload.file, "the same file again is gone on with"
    put(upload, large, 1, 0)
    done = finished(upload)
    assert (done.state, done.batch) == ("sent", 1)
    _name, body = take(person("tao"), agreement=agreement, batch=1)
    told, data = opened(body)
    assert data.encode().replace(b"credit_code", "统一社会信用代码".encode(), 1) == large
    assert told["resources"][0]["bytes"] == len(data.encode())
    batch = Batch.objects.get(number=1)
    assert (batch.rows, batch.envelope["digest"], bool(batch.receipt)) == (ROWS, sm.sm3_hex(body), True)
    assert LargeFile.objects.get(id=upload.file).state == "destroyed"
    assert not chunks.held(upload.file), "what came is destroyed once it is checked"
    assert {e.body["move"] for e in Entry.objects.filter(tag="exchange.upload.moved")} == {"begun", "checking", "sent"}


def test_checked_a_second_time_it_is_not_sent_a_second_time(agreement, large):
    upload = begin(agreement, large)
    put(upload, large, 0, 1, 2)
    finished(upload)
    commands.check_upload(upload.file)
    Upload.objects.filter(id=upload.id).update(state="checking")  # as if the job had died after the sending: the rows say otherwise
    commands.check_upload(upload.file)
    assert Batch.objects.count() == 1
    assert Upload.objects.get(id=upload.id).state == "refused"


def test_faults_are_found_across_blocks_and_told_with_their_rows(agreement, large):
    first = large.splitlines()[1]
    bad = large + first + "\n91370102MAX000000O,x,2020-01-01,存续\n".encode()
    upload = begin(agreement, bad)
    put(upload, bad, *range(3))
    done = finished(upload)
    assert (done.state, done.batch) == ("refused", None)
    assert "2行不合格" in done.words
    assert f"{ROWS + 1}: 统一社会信用代码 主键重复" in done.words
    assert f"{ROWS + 2}: 统一社会信用代码 统一社会信用代码校验不符" in done.words
    assert not Batch.objects.exists()
    assert set(LargeFile.objects.values_list("state", flat=True)) == {"destroyed"}
    again = begin(agreement, bad, partly=True)
    put(again, bad, *range(3))
    assert finished(again).state == "sent"
    assert (Batch.objects.get().rows, Batch.objects.get().aside, SetAside.objects.count()) == (ROWS, 2, 2)


def test_parquet_goes_block_by_block(agreement, large):
    lines = [line.split(",") for line in large.decode().splitlines()[1:]]
    sink = io.BytesIO()
    pq.write_table(
        pa.table({n: [line[i] for line in lines] for i, n in enumerate(("credit_code", "name", "registered_on", "status"))}), sink, row_group_size=20_000
    )
    seen = [b.table.num_rows for b in packages.blocks("a.parquet", sink, file_commands.flows.contract(flow_of(agreement)), {})]
    assert sum(seen) == ROWS
    assert len(seen) == 3
    batch = file_commands.send_stream(person("jin"), agreement=agreement, name="a.parquet", stream=sink)
    assert batch.rows == ROWS


def flow_of(agreement):
    return Flow(agreement=agreement, order_column=file_commands.rules.FILE_ORDER, follows="order")


def test_a_table_of_gb18030_with_line_ends_in_cells_is_read_as_it_is_meant(agreement):
    code = make_credit_code("91", "370102", "MAX000001")
    told = f'统一社会信用代码 , name,registered_on,status\r\n{code},"甲\n乙, 丙", 2020-01-01 ,存续\r\n\r\n'.encode("gb18030")
    [block] = packages.blocks("a.csv", io.BytesIO(told), file_commands.flows.contract(flow_of(agreement)), {"credit_code": "统一社会信用代码"})
    assert block.table.column("name").to_pylist() == ["甲\n乙, 丙"]
    assert not block.faults


def test_what_is_damaged_or_not_ones_own_is_refused(agreement, large):
    upload = begin(agreement, large)
    with pytest.raises(Invalid, match="已损坏"):
        commands.put_part(person("jin"), upload=upload.file, number=0, content=large[: chunks.SIZE], digest="0" * 64)
    with pytest.raises(Invalid, match="应为4194304字节"):
        commands.put_part(person("jin"), upload=upload.file, number=0, content=large[:10])
    with pytest.raises(Invalid, match="共3片"):
        commands.put_part(person("jin"), upload=upload.file, number=3, content=b"x")
    with pytest.raises(NotFound):
        commands.put_part(person("tao"), upload=upload.file, number=0, content=large[: chunks.SIZE])
    with pytest.raises(NotFound):
        commands.put_part(person("jin"), upload="no-such", number=0, content=b"x")
    with pytest.raises(Refused):
        commands.begin_upload(person("tao"), agreement=agreement, name="a.csv", size=5)
    with pytest.raises(Invalid, match="只接受"):
        begin(agreement, large, name="a.xlsx")
    with pytest.raises(TooLarge):
        begin(agreement, large, size=settings.LARGE_LIMIT + 1)
    with pytest.raises(Invalid):
        begin(agreement, large, size=0)
    put(upload, large, 0, 1, 2)
    commands.finish_upload(person("jin"), upload=upload.file)
    with pytest.raises(Conflict, match="已经结束"):
        put(upload, large, 0)


def test_a_changed_chunk_is_noticed_and_exchanged_chunks_too(agreement, large, settings):
    upload = begin(agreement, large)
    put(upload, large, 0, 1, 2)
    target = chunks._target(settings.OBJECTS)
    zero, one = target.get(chunks._place(upload.file, 0)), target.get(chunks._place(upload.file, 1))
    target.put(chunks._place(upload.file, 0), one)
    target.put(chunks._place(upload.file, 1), zero)
    done = finished(upload)
    assert done.state == "refused"
    assert not Batch.objects.exists()


def test_what_nobody_went_on_with_is_swept_away_and_begun_anew(agreement, large):
    upload = begin(agreement, large)
    put(upload, large, 0)
    assert file_tasks.drop_unfinished(clock.now() - timedelta(days=1)) == 0
    assert file_tasks.drop_unfinished(clock.now() + timedelta(days=1)) == 1
    assert not chunks.held(upload.file)
    assert begin(agreement, large).file != upload.file
    assert Upload.objects.get(id=upload.id).state == "refused"


def test_a_new_key_reaches_every_chunk(agreement, large):
    upload = begin(agreement, large)
    put(upload, large, 0, 1, 2)
    files.rotate_key(PLATFORM)
    assert chunks.rewrap(upload.file)
    assert not chunks.rewrap(upload.file)
    assert kept.opened(kept.large(upload.file)).read() == large


def test_any_range_of_a_large_file_is_what_stands_there(agreement):
    content = random.Random(7).randbytes(2 * chunks.SIZE + 12345)
    with files.writing_large(PLATFORM, "x.bin") as (made, out):
        for start in range(0, len(content), 1_000_003):
            out.write(content[start : start + 1_000_003])
    assert made.digest == sm.sm3_hex(content)
    held = kept.opened(made)
    for start, end in ((0, 10), (chunks.SIZE - 5, chunks.SIZE + 5), (2 * chunks.SIZE, len(content)), (len(content) - 1, len(content))):
        assert b"".join(kept.piecewise(made, start, end)) == content[start:end]
        held.seek(start)
        assert held.read(end - start) == content[start:end]


def test_the_page_sends_parts_and_shows_what_became_of_them(agreement, large, as_persona):
    page = f"/exchange/flows/{agreement}/"
    client = as_persona("jin")
    assert "ui/parts.js" in client.get(page).content.decode()
    begun = client.post(f"{page}uploads/", {"name": "企业.csv", "size": len(large)}).json()
    assert begun["lacking"] == [0, 1, 2]
    for n in begun["lacking"]:
        part = large[n * begun["part_bytes"] : (n + 1) * begun["part_bytes"]]
        assert client.post(f"{page}uploads/{begun['upload']}/{n}/", part, content_type="application/octet-stream").status_code == 200
    assert client.post(f"{page}uploads/{begun['upload']}/9/", b"x", content_type="application/octet-stream").json()["words"].startswith("分片9")
    assert client.post(f"{page}uploads/{begun['upload']}/done/").status_code == 200
    assert "校验中" in client.get(page).content.decode()
    commands.check_upload(begun["upload"])
    shown = client.get(page).content.decode()
    assert "第1批" in shown
    assert "已发送" in shown
    assert client.post(f"{page}uploads/", {"name": "x.txt", "size": 5}).status_code == 422


def test_the_same_by_api(agreement, large, client):
    told = json.dumps({"username": "jin", "password": "Tongban-demo-1"})
    token = client.post("/api/account/tokens", told, content_type="application/json").json()["token"]
    who = {"Authorization": f"Bearer {token}"}
    begun = client.post(
        f"/api/exchange/agreements/{agreement}/uploads", json.dumps({"name": "a.csv", "size": len(large)}), content_type="application/json", headers=who
    ).json()
    for n in begun["lacking"]:
        part = large[n * begun["part_bytes"] : (n + 1) * begun["part_bytes"]]
        address = f"/api/exchange/uploads/{begun['upload']}/parts/{n}?digest={sm.sm3_hex(part)}"
        assert client.put(address, part, content_type="application/octet-stream", headers=who).status_code == 204
    assert client.post(f"/api/exchange/uploads/{begun['upload']}/done", headers=who).json()["state"] == "checking"
    commands.check_upload(begun["upload"])
    state = client.get(f"/api/exchange/uploads/{begun['upload']}", headers=who).json()
    assert (state["state"], state["batch"], state["lacking"]) == ("sent", 1, [])


def test_keys_seen_before_are_known_again_in_any_later_block():
    seen = file_commands.Seen()
    keys = [pa.chunked_array([pa.array([f"{b}-{n}" for n in range(1000)])]) for b in range(20)]
    assert not any(seen.repeated(k).any() for k in keys)
    assert all(seen.repeated(k).all() for k in keys)
    assert seen.repeated(pa.chunked_array([pa.array(["new", "3-7"])])).tolist() == [False, True]


def test_a_file_that_was_sent_before_chunks_is_still_read(agreement):
    old = files.keep_made(PLATFORM, name="old.zip", content=b"PK old package")
    sent = file_commands.send_file(
        person("jin"), agreement=agreement, name="a.csv", content=(HEADER + f"{make_credit_code('91', '370102', 'MAX000001')},x,2020-01-01,存续\n").encode()
    )
    Batch.objects.filter(id=sent.id).update(file=str(old.id))
    assert b"".join(queries.content(person("tao"), agreement, 1).pieces()) == b"PK old package"
