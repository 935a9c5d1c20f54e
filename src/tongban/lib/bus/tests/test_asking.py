"""Questions and answers signed in bundles: each stands alone, a changed one does not, whoever is not allowed hears nothing."""

import asyncio
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongban.lib import sm
from tongban.lib.bus import answering, asking, bundles, proofs
from tongban.lib.bus.envelope import BadEnvelope, canonical
from tongban.lib.bus.tests.conftest import NUMBER
from tongban.lib.tlog import merkle
from tongban.lib.tlog.proofs import BadProof

KEY, OTHER = sm.SigningKey.generate(), sm.SigningKey.generate()
TERMS = {"number": NUMBER, "provider": "sd-samr", "consumer": "sd-hrss", "provider_name": "省市场监管局", "consumer_name": "省人社厅", "title": "企业基本信息"}


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=70))
def test_paths_are_those_of_the_tree_of_rfc_9162(rows):
    leaves = [merkle.leaf(r) for r in rows]
    root, ways = bundles.paths(leaves)
    assert root == merkle.root(leaves)
    for n, (leaf, way) in enumerate(zip(leaves, ways, strict=True)):
        assert merkle.included(leaf, n, len(leaves), way, root)


class TestBundles:
    def test_each_document_stands_alone(self):
        signed = bundles.sign([{"n": n} for n in range(5)], KEY, "sd-samr", asking.now())
        assert [bundles.fault(s, KEY.public) for s in signed] == [""] * 5
        assert [s.document["n"] for s in bundles.opened(bundles.pack(signed), KEY.public)] == [0, 1, 2, 3, 4]

    def test_a_changed_document_or_head_is_found(self):
        one = bundles.sign([{"n": 1}, {"n": 2}], KEY, "sd-samr", asking.now())[0]
        assert "not among" in bundles.fault(replace(one, body='{"n":2}'), KEY.public)
        assert "not among" in bundles.fault(replace(one, index=1), KEY.public)
        assert "signer" in bundles.fault(replace(one, head={**one.head, "at": "2026-01-01"}), KEY.public)
        assert "signer" in bundles.fault(one, OTHER.public)
        assert "signer" in bundles.fault(replace(one, signature="zz"), KEY.public)

    @pytest.mark.parametrize(
        "body", [b"", b"{}", b"[]", b'{"head":{},"signature":"","entries":[]}', b'{"head":[],"signature":"","entries":[["{}",0,[]]]}', b"\xff" * 9]
    )
    def test_what_is_no_bundle_is_told(self, body):
        with pytest.raises(BadEnvelope):
            bundles.opened(body, KEY.public)

    def test_more_than_a_message_holds_is_refused(self):
        signed = bundles.sign([{"n": n} for n in range(bundles.MOST + 1)], KEY, "sd-samr", asking.now())
        with pytest.raises(BadEnvelope):
            bundles.unpack(bundles.pack(signed))


def answerer(pair, known, kept=None):
    """A provider that knows some keys; `kept` collects what it kept."""

    def parties(number):
        return answering.Parties("sd-hrss", pair.own.public, "sd-samr", pair.key) if number == NUMBER else None

    def look_up(asked):
        return [asking.Answer(NUMBER, d, asking.FOUND if q.key in known else asking.ABSENT, known.get(q.key), "102/000001", asking.now()) for d, q in asked]

    def keep(asked, answers):
        if kept is not None:
            kept.extend(q.key for _d, q in asked)
        return [replace(a, state="visits", values=None) if q.key == "TOO-MANY" else a for (_d, q), a in zip(asked, answers, strict=True)]

    return answering.Answerer(parties, look_up, keep)


async def serve(pair, made):
    """The provider's process, within this loop; `replies` runs in a thread as it blocks."""
    line, desk = await pair.line("provider"), answering.Desk()
    await desk.listen(line)
    await line.flush()

    async def work():
        while True:
            group = await desk.group(0.5)
            if group:
                await desk.send(group, await asyncio.to_thread(made.replies, [(m.subject.removeprefix("ask."), m.data) for m in group]))

    return line, asyncio.create_task(work())


def asked(pair, keys, *, side="consumer", key=None, provider=None, known=None, kept=None):
    async def go():
        provider_line, work = await serve(pair, answerer(pair, known or {"9137": {"name": "合成企业"}}, kept))
        line = await pair.line(side)
        one = asking.Asker(line, NUMBER, "sd-hrss", key or pair.own, provider or pair.key.public)
        try:
            return await asyncio.gather(*[one.ask(k, "核验") for k in keys], return_exceptions=True)
        finally:
            work.cancel()
            await line.close()
            await provider_line.close()

    return asyncio.run(go())


def test_question_and_answer_are_proved(pair):
    [found] = asked(pair, ["9137"])
    assert found.answer.values == {"name": "合成企业"}
    signed = {side: (k.public.hex(), k.sign(canonical(TERMS)).hex()) for side, k in (("sd-samr", pair.key), ("sd-hrss", pair.own))}
    told = proofs.of_query(TERMS, signed, found)
    judged = proofs.judge_query(json.dumps(told).encode())
    assert judged.faults == ()
    assert judged.question.key == "9137"
    assert judged.answer.state == "found"
    changed = json.loads(json.dumps(told))
    changed["answer"]["body"] = changed["answer"]["body"].replace("合成企业", "另一企业")
    assert any("answer" in f for f in proofs.judge_query(json.dumps(changed).encode()).faults)
    with pytest.raises(BadProof):
        proofs.judge_query(b'{"format": "tongban-query-proof/1"}')


def test_an_answer_proves_nothing_about_another_question(pair):
    first, second = asked(pair, ["9137", "9138"])
    signed = {side: (k.public.hex(), k.sign(canonical(TERMS)).hex()) for side, k in (("sd-samr", pair.key), ("sd-hrss", pair.own))}
    mixed = proofs.of_query(TERMS, signed, asking.Answered(second.answer, first.asked, second.replied))
    assert "the answer is to another question" in proofs.judge_query(json.dumps(mixed).encode()).faults


def test_a_crowd_shares_signatures_and_each_gets_its_own(pair):
    kept = []
    known = {f"K{n}": {"name": f"合成{n}"} for n in range(300)}
    found = asked(pair, list(known), known=known, kept=kept)
    assert [f.answer.values["name"] for f in found] == [v["name"] for v in known.values()]
    assert sorted(kept) == sorted(known)
    assert len({f.replied.signature for f in found}) < 20


def test_what_the_quota_refuses_is_refused_in_the_signed_answer(pair):
    found = asked(pair, ["9137", "TOO-MANY"])
    assert [f.answer.state for f in found] == ["found", "visits"]
    assert found[1].answer.values is None


def test_a_stranger_hears_nothing(pair):
    [fault] = asked(pair, ["9137"], side="stranger")
    assert isinstance(fault, asking.NotAnswered)


def test_a_question_signed_by_another_is_refused_and_not_kept(pair):
    kept = []
    [fault] = asked(pair, ["9137"], key=OTHER, kept=kept)
    assert "signature" in str(fault)
    assert kept == []


def test_an_answer_signed_by_another_is_not_taken(pair):
    [fault] = asked(pair, ["9137"], provider=OTHER.public)
    assert "signature" in str(fault)


def test_the_same_message_is_not_answered_twice(pair):
    made = answerer(pair, {"9137": {}})
    told = asking.Question(NUMBER, "1", "9137", "核验", (), asking.now())
    message = bundles.pack(bundles.sign([told.told()], pair.own, "sd-hrss", asking.now()))
    first, second = made.replies([(NUMBER, message), (NUMBER, message)])
    assert bundles.opened(first, pair.key.public)
    assert second.startswith(asking.REFUSED)
    assert made.replies([("XY2026-000009", message)])[0].startswith(asking.REFUSED)


def test_a_question_about_another_agreement_is_refused(pair):
    told = asking.Question("XY2026-000002", "1", "9137", "核验", (), asking.now())
    message = bundles.pack(bundles.sign([told.told()], pair.own, "sd-hrss", asking.now()))
    [reply] = answerer(pair, {}).replies([(NUMBER, message)])
    assert b"another agreement" in reply


@pytest.mark.parametrize("change", [{"at": "yesterday"}, {"items": 5}, {"key": 7}, {"key": "x" * 301}, {"more": 1}, {"at": "2026-11-24T10:00:00"}])
def test_what_is_no_question_is_refused(change):
    told = asking.Question(NUMBER, "1", "9137", "核验", (), asking.now()).told() | change
    with pytest.raises(BadEnvelope):
        asking.question(told)


@pytest.mark.parametrize("body", ["no json", "[]", "[" * 100_000, chr(0xD800), '{"n":1}'])
def test_a_signed_document_that_is_no_question_harms_nobody_else(pair, body):
    """A consumer signs what it likes; the other bundles of the group are answered."""
    root, ways = bundles.paths([merkle.leaf(body.encode(errors="surrogatepass"))])
    head = {"signer": "sd-hrss", "size": 1, "root": root.hex(), "at": asking.now()}
    odd = bundles.Signed(body, head, pair.own.sign(canonical(head)).hex(), 0, tuple(w.hex() for w in ways[0]))
    good = asking.Question(NUMBER, "1", "9137", "核验", (), asking.now())
    message = json.dumps({"head": head, "signature": odd.signature, "entries": [[body, 0, []]]}).encode()
    replies = answerer(pair, {"9137": {"name": "合成企业"}}).replies([
        (NUMBER, message), (NUMBER, bundles.pack(bundles.sign([good.told()], pair.own, "sd-hrss", asking.now()))),
    ])  # fmt: skip
    assert replies[0].startswith(asking.REFUSED)
    assert bundles.opened(replies[1], pair.key.public)


def test_a_bad_reply_leaves_the_asker_able_to_ask_again(pair):
    async def go():
        provider, line = await pair.line("provider"), await pair.line("consumer")
        replies = [b"nonsense", b"!no", b"{}"]

        async def answer(message):
            await message.respond(replies.pop(0))

        await provider.subscribe("ask.*", cb=answer)
        await provider.flush()
        one = asking.Asker(line, NUMBER, "sd-hrss", pair.own, pair.key.public)
        faults = [await asyncio.gather(one.ask("9137", "核验"), return_exceptions=True) for _n in range(3)]
        await line.close()
        await provider.close()
        return faults, one.under_way

    faults, under_way = asyncio.run(go())
    assert all(isinstance(f, asking.NotAnswered) for [f] in faults)
    assert under_way == 0


def test_a_failing_database_is_told_and_asked_again(pair):
    def fails(_asked):
        raise RuntimeError("away")

    made = answering.Answerer(lambda _n: answering.Parties("sd-hrss", pair.own.public, "sd-samr", pair.key), fails, lambda _a, b: b)
    told = asking.Question(NUMBER, "1", "9137", "核验", (), asking.now())
    [reply] = made.replies([(NUMBER, bundles.pack(bundles.sign([told.told()], pair.own, "sd-hrss", asking.now())))])
    assert reply.startswith(asking.REFUSED)
