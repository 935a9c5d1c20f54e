"""Questions that came over the bus, many at a time: judged each by its agreement, answered in one reading, counted and kept in one statement."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from tongban.kernel.catalogue import events
from tongban.kernel.catalogue.commands import borders
from tongban.kernel.catalogue.models import Agreement, BorderRule
from tongban.kernel.catalogue.queries import access, resources
from tongban.kernel.catalogue.queries import borders as border_queries
from tongban.kernel.catalogue.rules import access as rules
from tongban.kernel.catalogue.rules import borders as border_rules
from tongban.kernel.catalogue.supplies import Supply, supply_of
from tongban.kernel.identity.actor import Actor
from tongban.kernel.ledger import commands as ledger
from tongban.lib import clock, columns, sm, statements
from tongban.lib.acts import command, nothing_changed, record, recorded
from tongban.lib.bus.asking import ABSENT, AWAY, BAD, FOUND, Answer, Question, is_fresh
from tongban.lib.bus.envelope import canonical
from tongban.lib.errors import Unavailable

Asked = tuple[str, Question]  # SM3 of the canonical question, and the question
Done = tuple[Question, Answer]

# State, quota, count and entries in one round trip, without BEGIN and COMMIT. No row comes back where the agreement is not in force or the quota would be exceeded.
_KEEP = f"""
    WITH used AS (
        INSERT INTO catalogue_dailyuse AS u (agreement_id, day, mode, visits, rows)
        SELECT id, %(day)s, 'query', %(visits)s, %(rows)s FROM catalogue_agreement WHERE id = %(agreement)s AND state = %(state)s AND %(visits)s <= %(most)s
        ON CONFLICT (agreement_id, day, mode) DO UPDATE SET visits = u.visits + excluded.visits, rows = u.rows + excluded.rows WHERE u.visits + excluded.visits <= %(most)s
        RETURNING 1)
    INSERT INTO ledger_entry ({ledger.COLUMNS}) SELECT {ledger.VALUES}, told.row ->> 0, told.row -> 1
    FROM used, jsonb_array_elements(%(told)s::jsonb) WITH ORDINALITY AS told(row, place) ORDER BY told.place RETURNING 1"""  # noqa: S608 - our columns
_LEFT = """INSERT INTO catalogue_dailyuse AS u (agreement_id, day, mode, visits, rows) VALUES (%(agreement)s, %(day)s, 'query', 0, 0)
           ON CONFLICT (agreement_id, day, mode) DO UPDATE SET visits = u.visits RETURNING visits"""
_BORDER_LEFT = """INSERT INTO catalogue_bordercount AS c (rule_id, day, crossings, rows) VALUES (%(rule)s, %(day)s, 0, 0)
                  ON CONFLICT (rule_id, day) DO UPDATE SET crossings = c.crossings RETURNING crossings"""
_ADD = (
    "UPDATE catalogue_dailyuse SET visits = visits + %(visits)s, rows = rows + %(rows)s WHERE agreement_id = %(agreement)s AND day = %(day)s AND mode = 'query'"
)


def looked_up(asked: Sequence[Asked]) -> list[Answer]:
    """What would be answered, in the order of the questions, by the terms of each agreement. Nothing is kept, and nothing may leave, before `kept`."""
    at = clock.now().isoformat(timespec="milliseconds")
    made: dict[str, Answer] = {}
    for number, group in _by_agreement(asked).items():
        agreement = access.terms_of(number)
        supply = supply_of(agreement.resource)
        border = border_queries.rule_for(agreement) if border_rules.crossing(agreement.terms) else None
        why = {digest: _refusal(agreement, one) or _border_refusal(agreement, border, one) or ("" if supply else "nobody-answers") for digest, one in group}
        allowed = [a for a in group if not why[a[0]]]
        try:
            made |= _found(agreement, supply, allowed, at, border)
        except Unavailable:  # one department's database is away: that is no reason to fail the others' questions
            why |= dict.fromkeys([digest for digest, _one in allowed], AWAY)
        made |= {digest: Answer(number, digest, w, None, "", at) for digest, w in why.items() if w}
    return [made[digest] for digest, _one in asked]


def kept(actor: Actor, asked: Sequence[Asked], answers: Sequence[Answer]) -> list[Answer]:
    """The answers that may leave: those that the quota and the agreement's state as it is now allow, committed with their entries in the ledger; the others refused."""
    made = {answer.question: answer for answer in answers}
    for number, group in _by_agreement(asked).items():
        agreement = access.terms_of(number)
        done = [(one, made[digest]) for digest, one in group if made[digest].state in (FOUND, ABSENT)]
        if done and (border_rules.crossing(agreement.terms) or not keep_answers(actor, agreement=agreement, done=done)):
            count, reason = keep_first(actor, agreement=agreement, done=done)
            made |= {a.question: Answer(number, a.question, reason, None, "", a.at) for _one, a in done[count:]}
        refused = Counter(made[digest].state for digest, _one in group if made[digest].state not in (FOUND, ABSENT))
        if refused:
            keep_refusals(actor, number=number, refused=refused)
    return [made[answer.question] for answer in answers]


def _by_agreement(asked: Sequence[Asked]) -> dict[str, list[Asked]]:
    found: dict[str, list[Asked]] = {}
    for one in sorted(asked, key=lambda a: a[1].agreement):
        found.setdefault(one[1].agreement, []).append(one)
    return found


def _refusal(agreement: Agreement, one: Question) -> str:
    """By terms, which never change; the state is judged by the statement that counts."""
    if not is_fresh(one, clock.now()):
        return BAD
    state = rules.standing(rules.IN_FORCE, agreement.terms, clock.today())
    call = rules.Call("query", one.purpose, clock.today(), 0, one.items)
    return rules.refusal(state, agreement.terms, call)


def _border_refusal(agreement: Agreement, border: BorderRule | None, one: Question) -> str:
    if border_rules.crossing(agreement.terms) is None:
        return ""
    if border is None:
        return "border-closed"
    return "" if set(one.items) == set(border_rules.passing(border_queries.passage(border), one.items)) else "border-items"


def _found(agreement: Agreement, supply: Supply | None, allowed: Sequence[Asked], at: str, border: BorderRule | None) -> dict[str, Answer]:
    """What the provider knows, less what lies outside the grant: not told apart from absent; filtered where it crosses a border."""
    checks = resources.checks_of(agreement.resource, agreement.terms["version"]) if border and allowed else {}
    found = supply.answers(list(dict.fromkeys(one.key for _digest, one in allowed))) if supply and allowed else {}
    made = {}
    for digest, one in allowed:
        row = found.get(one.key)
        values = (
            None if row is None or not rules.row_allowed(agreement.terms, row) else {k: row.get(k) for k in one.items or agreement.terms["granted"]["items"]}
        )
        if values is not None and border:
            values = borders.leaving(border, values, checks)
        made[digest] = Answer(agreement.number, digest, ABSENT if values is None else FOUND, values, agreement.terms["resource"], at)
    return made


def _event(agreement: Agreement, one: Question, answer: Answer, border: str = "") -> events.DataFetched:
    label = f"catalogue.{agreement.resource.supply or agreement.resource.key}"
    return events.DataFetched(
        agreement=agreement.number, resource=agreement.resource.key, consumer=agreement.consumer.key, purpose=one.purpose[:120], items=list(one.items),
        subject_mark=columns.blind(label, one.key).hex(), found=answer.state == FOUND, consent=one.consent[:60], question=answer.question,
        answer=sm.sm3_hex(canonical(answer.told())), border=border,
    )  # fmt: skip


def _values(agreement: Agreement, done: Sequence[Done]) -> dict[str, Any]:
    found = sum(answer.state == FOUND for _one, answer in done)
    return {"agreement": agreement.id, "day": clock.today(), "visits": len(done), "rows": found}


@command("", one_statement=True)
def keep_answers(actor: Actor, *, agreement: Agreement, done: Sequence[Done]) -> bool:
    """Count the visits and enter each answer. The agreement is the permission: False, and nothing kept, when it is not in force or the day allows fewer."""
    told = [_event(agreement, *one) for one in done]
    values = _values(agreement, done) | ledger.entry(actor, events.DataFetched.tag, agreement.number)
    values |= {
        "state": rules.IN_FORCE,
        "most": int(agreement.terms["granted"]["visits"]),
        "told": json.dumps([[e.subject, e.payload()] for e in told], ensure_ascii=False),
    }
    if not statements.rows(_KEEP, values):
        nothing_changed()
        return False
    recorded(events.DataFetched.tag)
    return True


@command("")
def keep_first(actor: Actor, *, agreement: Agreement, done: Sequence[Done]) -> tuple[int, str]:
    """Keep as many as the day still allows, the first ones; how many those are, and why not the others."""
    if access.agreement_numbered(agreement.number).state != rules.IN_FORCE:
        nothing_changed()
        return 0, "state"
    [(visits,)] = statements.rows(_LEFT, {"agreement": agreement.id, "day": clock.today()})
    left = max(0, int(agreement.terms["granted"]["visits"]) - int(visits))
    if not left:
        nothing_changed()
        return 0, "visits"
    number, reason = "", "visits"
    if border_rules.crossing(agreement.terms):
        border = border_queries.rule_for(agreement)
        passing = _border_left(border) if border else 0
        if border is None or not passing:
            nothing_changed()
            return 0, "border-rate" if border else "border-closed"
        left, reason = (passing, "border-rate") if passing < left else (left, reason)
        borders.count_crossing(border, crossings=len(done[:left]))
        number = border.number
    statements.run(_ADD, _values(agreement, done[:left]))
    record(actor, *[_event(agreement, *one, number) for one in done[:left]], authority=agreement.number)
    return left, reason


def _border_left(border: BorderRule) -> int:
    """How many single queries the day still lets across; the day's row stays locked, so that two at once do not share what is left."""
    [(crossings,)] = statements.rows(_BORDER_LEFT, {"rule": border.id, "day": clock.today()})
    return max(0, border.rate - int(crossings))


@command("")
def keep_refusals(actor: Actor, *, number: str, refused: Mapping[str, int]) -> None:
    """Questions that the agreement does not allow, counted by reason."""
    record(actor, *[events.QueriesRefused(agreement=number, why=why, count=count) for why, count in refused.items()], authority=number)
