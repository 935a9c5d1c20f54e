"""Proofs that stand by themselves: of one batch (the agreement signed by both, the envelope, the receipt, and where the ledger keeps them), of one query."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from tongban.lib import sm
from tongban.lib.bus import bundles
from tongban.lib.bus.asking import Answer, Answered, Question, question, read_answer
from tongban.lib.bus.envelope import BadEnvelope, Envelope, Receipt, canonical
from tongban.lib.tlog import proofs

FORMAT, QUERY = "tongban-exchange-proof/1", "tongban-query-proof/1"


@dataclass(frozen=True, slots=True)
class Exchanged:
    """What a proof shows; `faults` is empty when everything holds. `ledger`: the sealed entries, sent and taken."""

    envelope: Envelope
    receipt: Receipt | None
    provider: str
    consumer: str
    title: str
    keys: tuple[str, str]  # fingerprints: SM3 of the public keys
    ledger: tuple[proofs.Judged, ...]
    faults: tuple[str, ...]


def make(
    terms: Mapping[str, Any], signed: Mapping[str, tuple[str, str]], sent: tuple[Envelope, str], taken: tuple[Receipt, str] | None, ledger: list[Any]
) -> dict[str, Any]:
    """The document of a proof file. `signed`: organ key → (public key, signature under the terms), in hexadecimal."""
    return {
        "format": FORMAT, "algorithm": "SM2-SM3", "terms": dict(terms), "signatures": {k: {"public": p, "signature": s} for k, (p, s) in signed.items()},
        "envelope": asdict(sent[0]), "envelope_signature": sent[1], "receipt": asdict(taken[0]) if taken else None,
        "receipt_signature": taken[1] if taken else "", "ledger": [one for one in ledger if one],
    }  # fmt: skip


def judge(content: bytes, trusted: bytes = b"") -> Exchanged:
    """Check a proof file by itself; raises BadProof when it cannot be read. `trusted`: the ledger's public key got elsewhere."""
    try:
        told = json.loads(content[: proofs.LONGEST + 1])
        if told["format"] != FORMAT:
            raise proofs.BadProof(f"the format is not {FORMAT}")
        terms, envelope = told["terms"], Envelope(**told["envelope"])
        receipt = Receipt(**told["receipt"]) if told["receipt"] else None
        publics = {side: bytes.fromhex(told["signatures"][terms[side]]["public"]) for side in ("provider", "consumer")}
        under = {side: bytes.fromhex(told["signatures"][terms[side]]["signature"]) for side in ("provider", "consumer")}
        sent, taken = bytes.fromhex(told["envelope_signature"]), bytes.fromhex(told["receipt_signature"])
        ledger = tuple(proofs.judge(json.dumps(one).encode(), trusted) for one in told["ledger"])
        names = (str(terms["provider_name"]), str(terms["consumer_name"]), str(terms["title"]))
    except proofs.BadProof:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as fault:
        raise proofs.BadProof(f"this is not a whole proof file: {fault!r}"[:200]) from fault
    faults = [f"the {side} did not sign these terms" for side in publics if not sm.verify(publics[side], canonical(terms), under[side])]
    if envelope.agreement != terms.get("number") or (envelope.provider, envelope.consumer) != (terms["provider"], terms["consumer"]):
        faults.append("the batch belongs to another agreement")
    if not sm.verify(publics["provider"], envelope.canonical(), sent):
        faults.append("the provider did not sign this batch")
    faults += _receipt_faults(envelope, receipt, publics["consumer"], taken)
    faults += _ledger_faults(envelope, receipt, ledger)
    prints = (sm.sm3_hex(publics["provider"]), sm.sm3_hex(publics["consumer"]))
    return Exchanged(envelope, receipt, *names, prints, ledger, tuple(faults))


def _receipt_faults(envelope: Envelope, receipt: Receipt | None, consumer: bytes, signature: bytes) -> list[str]:
    if receipt is None:
        return []
    faults = []
    if not sm.verify(consumer, receipt.canonical(), signature):
        faults.append("the consumer did not sign this receipt")
    if (receipt.envelope, receipt.batch, receipt.rows) != (sm.sm3_hex(envelope.canonical()), envelope.batch, envelope.rows):
        faults.append("the receipt is for another batch")
    return faults


def _ledger_faults(envelope: Envelope, receipt: Receipt | None, ledger: tuple[proofs.Judged, ...]) -> list[str]:
    faults = [fault for one in ledger for fault in one.faults]
    known = {sm.sm3_hex(envelope.canonical()), *([sm.sm3_hex(receipt.canonical())] if receipt else [])}
    for one in ledger:
        body = one.entry["body"]
        if body.get("agreement") != envelope.agreement or {body.get("envelope", ""), body.get("receipt", "")}.isdisjoint(known):
            faults.append("the ledger's entry is about another batch")
    return faults


# Queries ------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Queried:
    """What a proof of a query shows; `faults` is empty when everything holds."""

    question: Question
    answer: Answer
    provider: str
    consumer: str
    title: str
    keys: tuple[str, str]
    faults: tuple[str, ...]


def of_query(terms: Mapping[str, Any], signed: Mapping[str, tuple[str, str]], one: Answered) -> dict[str, Any]:
    """The document of a proof file; the other questions and answers of the bundles are not in it, only their digests."""
    return {
        "format": QUERY, "algorithm": "SM2-SM3", "terms": dict(terms), "signatures": {k: {"public": p, "signature": s} for k, (p, s) in signed.items()},
        "question": one.asked.told(), "answer": one.replied.told(),
    }  # fmt: skip


def judge_query(content: bytes) -> Queried:
    """Check a proof file of a query by itself; raises BadProof when it cannot be read."""
    try:
        told = json.loads(content[: proofs.LONGEST + 1])
        if told["format"] != QUERY:
            raise proofs.BadProof(f"the format is not {QUERY}")
        terms = told["terms"]
        publics = {side: bytes.fromhex(told["signatures"][terms[side]]["public"]) for side in ("provider", "consumer")}
        under = {side: bytes.fromhex(told["signatures"][terms[side]]["signature"]) for side in ("provider", "consumer")}
        asked, replied = (bundles.Signed(**{**told[n], "path": tuple(told[n]["path"])}) for n in ("question", "answer"))
        one, answer = question(asked.document), read_answer(replied)
        names = (str(terms["provider_name"]), str(terms["consumer_name"]), str(terms["title"]))
    except proofs.BadProof:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, BadEnvelope) as fault:
        raise proofs.BadProof(f"this is not a whole proof file: {fault!r}"[:200]) from fault
    faults = [f"the {side} did not sign these terms" for side in publics if not sm.verify(publics[side], canonical(terms), under[side])]
    faults += [f"the question: {why}" for why in (bundles.fault(asked, publics["consumer"]),) if why]
    faults += [f"the answer: {why}" for why in (bundles.fault(replied, publics["provider"]),) if why]
    if {one.agreement, answer.agreement} != {terms.get("number")}:
        faults.append("question and answer belong to another agreement")
    if answer.question != asked.digest:
        faults.append("the answer is to another question")
    return Queried(one, answer, *names, (sm.sm3_hex(publics["provider"]), sm.sm3_hex(publics["consumer"])), tuple(faults))
