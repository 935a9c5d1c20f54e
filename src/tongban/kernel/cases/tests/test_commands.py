"""One case from hand to hand, and everything that is refused on the way."""

import threading
from datetime import datetime, timedelta

import pytest
from django.db import connection

from tongban.config import province
from tongban.config.personas import LIXIA
from tongban.kernel.cases import commands, queries
from tongban.kernel.cases.models import Case, WorkItem
from tongban.kernel.ledger.models import Entry
from tongban.lib import clock
from tongban.lib.errors import Conflict, Invalid, NotFound, Refused
from tongban.rooms.service.hall.commands import applications

CODE = f"food-operation-permit-new@{LIXIA}"
MONDAY = datetime(2026, 11, 2, 9, tzinfo=clock.CHINA)


def submit(username="zhang", code=CODE):
    actor = province.citizen(username)
    data, materials = province.complete(actor, code)
    return applications.submit_application(actor, matter_code=code, data=data, materials=materials)


def act(username, number, action, opinion="写明理由", days=0):
    actor = province.official(username)
    item = queries.doable(actor, queries.case(actor, number))
    return commands.complete_item(actor, item=item.id, action=action, opinion=opinion, special_days=days)


@pytest.fixture
def number(db):
    with clock.at(MONDAY):
        return submit()


def test_a_submission_is_whole(number):
    one = Case.objects.unscoped("test").get(number=number)
    assert number.startswith("JN26-1102-")
    assert (one.state, str(one.receipt_due)) == ("submitted", "2026-11-09")
    [item] = queries.items_of(one)
    assert (item.role, item.state, item.due) == ("clerk", "open", one.receipt_due)
    entry = Entry.objects.get(subject=f"case:{number}", tag="cases.case.submitted")
    assert entry.body["data_digest"].startswith("sm3:")
    assert [e.kind for e in queries.clock_events(one)] == ["receive"]


def test_the_whole_way_to_closed(number):
    with clock.at(MONDAY + timedelta(1)):
        one = act("li", number, "accept")
        assert (one.state, str(one.promise_due), str(one.statutory_due)) == ("accepted", "2026-11-10", "2026-11-17")
    with clock.at(MONDAY + timedelta(2)):
        act("qian", number, "pass")
        act("qian", number, "pass")
        one = act("zhao", number, "grant")
        assert (one.state, one.result) == ("granted", "granted")
        one = act("sun", number, "deliver")
    assert one.state == "closed"
    assert not WorkItem.objects.unscoped("test").filter(case=one, state="open").exists()


def test_correction_is_told_once_only(number):
    with clock.at(MONDAY + timedelta(1)):
        one = act("li", number, "correct", "缺少布局图")
    assert (one.state, one.paused, one.receipt_due is not None) == ("correcting", "correction", True)
    citizen = province.citizen()
    item = queries.doable(citizen, queries.case(citizen, number))
    with clock.at(MONDAY + timedelta(3)):
        one = commands.complete_item(citizen, item=item.id, action="resubmit")
        assert (one.state, str(one.receipt_due)) == ("submitted", "2026-11-12")
        with pytest.raises(Conflict, match="第三十二条"):
            act("li", number, "correct")
        clerk = province.official("li")
        item = queries.doable(clerk, queries.case(clerk, number))
        assert "correct" not in {a["key"] for a in queries.actions(queries.case(clerk, number), item)}


def test_a_special_procedure_stops_the_clock_and_tells_how_long(number):
    with clock.at(MONDAY + timedelta(1)):
        act("li", number, "accept")
        act("qian", number, "pass")
        with pytest.raises(Invalid, match="工作日"):
            act("qian", number, "test", days=0)
        one = act("qian", number, "test", days=3)
        assert (one.state, one.paused) == ("suspended", "testing")
        assert queries.standing(one).light == "paused"
    with clock.at(MONDAY + timedelta(4)):
        one = act("qian", number, "finish")
        assert (one.state, str(one.promise_due)) == ("accepted", "2026-11-13")


def test_extension_needs_a_reason_and_comes_once(number):
    with clock.at(MONDAY + timedelta(1)):
        act("li", number, "accept")
        act("qian", number, "pass")
        act("qian", number, "pass")
        with pytest.raises(Invalid):
            act("zhao", number, "extend", opinion="")
        one = act("zhao", number, "extend")
        assert str(one.statutory_due) == "2026-12-01"
        with pytest.raises(Conflict, match="第四十二条"):
            act("zhao", number, "extend")


def test_refusal_without_reason_is_refused(number):
    with clock.at(MONDAY + timedelta(1)):
        act("li", number, "accept")
        act("qian", number, "pass")
        act("qian", number, "pass")
        with pytest.raises(Invalid, match="理由"):
            act("zhao", number, "refuse", opinion=" ")
        assert act("zhao", number, "refuse").result == "refused"


def test_another_role_organ_or_region_may_not(number):
    item = WorkItem.objects.unscoped("test").get(case__number=number)
    with pytest.raises(Refused):
        commands.complete_item(province.official("zhao"), item=item.id, action="accept")
    with pytest.raises(NotFound):
        commands.complete_item(province.official("desk-3702"), item=item.id, action="accept")
    with pytest.raises(NotFound):
        commands.complete_item(province.citizen("wang"), item=item.id, action="accept")


def test_a_withdrawn_case_is_decided_no_more(number):
    item = WorkItem.objects.unscoped("test").get(case__number=number)
    one = commands.withdraw_case(province.citizen(), number=number, reason="不办了")
    assert one.state == "withdrawn"
    with pytest.raises(Conflict, match="撤回"):
        commands.complete_item(province.official("li"), item=item.id, action="accept")
    with pytest.raises(Conflict):
        commands.withdraw_case(province.citizen(), number=number)


def test_what_nobody_answers_counts_as_accepted_on_receipt(number):
    from tongban.kernel.cases import tasks

    with clock.at(MONDAY + timedelta(7)):
        assert tasks.run() == 0
    with clock.at(MONDAY + timedelta(8)):
        assert tasks.run() == 1
        assert tasks.run() == 0
    one = Case.objects.unscoped("test").get(number=number)
    assert (one.state, str(one.accepted_on), str(one.promise_due)) == ("accepted", "2026-11-02", "2026-11-09")
    assert [i.name for i in queries.items_of(one)] == ["受理审核", "现场核查"]


def test_a_correction_that_never_comes_is_returned(number):
    from tongban.kernel.cases import tasks

    with clock.at(MONDAY + timedelta(1)):
        act("li", number, "correct")
    with clock.at(MONDAY + timedelta(15)):
        assert tasks.run() == 0
    with clock.at(MONDAY + timedelta(16)):
        assert tasks.run() == 1
    one = Case.objects.unscoped("test").get(number=number)
    assert (one.state, one.closed_at is not None) == ("lapsed", True)


def test_only_the_applicant_withdraws(number):
    with pytest.raises(NotFound):
        commands.withdraw_case(province.citizen("wang"), number=number)


def test_claimed_items_are_not_done_by_others(number):
    item = WorkItem.objects.unscoped("test").get(case__number=number)
    commands.claim_item(province.official("li"), item=item.id)
    with pytest.raises(Conflict, match="同事"):
        commands.complete_item(province.official("sun"), item=item.id, action="accept")
    commands.return_item(province.official("li"), item=item.id)
    moved = commands.delegate_item(province.official("li"), item=item.id, to=province.official("sun").account)
    assert moved.assignee == province.official("sun").account


def test_handing_over_to_someone_without_the_role_is_refused(number):
    item = WorkItem.objects.unscoped("test").get(case__number=number)
    with pytest.raises(Invalid):
        commands.delegate_item(province.official("li"), item=item.id, to=province.official("zhao").account)


def test_lists_show_only_what_is_in_scope(number):
    assert any(i.case.number == number for i in queries.work_list(province.official("li"), limit=100))
    assert not queries.work_list(province.official("desk-3702"), limit=100)
    assert [c.number for c in queries.search(province.official("li"), words=number)] == [number]
    assert not queries.search(province.official("desk-3702"), words=number)
    assert queries.search(province.official("zhou"), words="食品经营许可")


def test_public_progress_tells_no_name(number):
    told = queries.progress(number)
    assert "合成" not in str(told)
    with pytest.raises(NotFound):
        queries.progress("JN00-0000-00000")


def test_two_officials_in_the_same_second(committed):
    """One wins, the other is told who was faster."""
    number = submit()
    item = WorkItem.objects.unscoped("test").get(case__number=number).id
    outcome, start = [], threading.Barrier(2)

    def decide(username):
        try:
            actor = province.official(username)
            start.wait()
            commands.complete_item(actor, item=item, action="accept")
            outcome.append("won")
        except Conflict as told:
            outcome.append(str(told))
        finally:
            connection.close()

    threads = [threading.Thread(target=decide, args=(u,)) for u in ("li", "sun")]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert outcome.count("won") == 1
    assert any("已于" in o and "受理" in o for o in outcome)
