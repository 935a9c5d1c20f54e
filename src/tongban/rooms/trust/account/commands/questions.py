"""Asking why one's data were looked at, and answering."""

from django.utils.translation import gettext as _

from tongban.kernel.calendar import queries as calendar
from tongban.kernel.identity.actor import Actor
from tongban.kernel.ledger import queries as ledger
from tongban.lib import clock
from tongban.lib.acts import command, record
from tongban.lib.errors import Conflict, Invalid, NotFound
from tongban.rooms.trust.account import events, queries
from tongban.rooms.trust.account.models import Question

AUTHORITY = "个人信息保护法第四十四条、第四十八条"
DAYS = 15  # working days, as for other requests of persons (个人信息保护法 names no number: our proposal)


@command("identity.use_account")
def ask_why(actor: Actor, *, entry: int, words: str = "") -> Question:
    """Ask the organ of the official who looked; once for each look. Raises NotFound, Conflict."""
    seen = next((a for a in ledger.acts_about(actor, f"person:{actor.person}", entitled=True) if a.id == entry), None)
    if seen is None or seen.tag != "identity.person.seen" or seen.organ_id is None:
        raise NotFound(_("There is no such look at your data. Reload the page."))
    if Question.objects.filter(entry=entry).exists():
        raise Conflict(_("You have asked about this already; the answer will stand here."))
    made = Question.objects.create(
        entry=entry, account=actor.account or 0, seen_at=seen.at, official=seen.actor, organ=seen.organ_id, organ_name=seen.organ,
        purpose=str(seen.body.get("purpose", ""))[:300], case=str(seen.body.get("case", ""))[:24], words=words.strip()[:300], asked_at=clock.now(),
        due=calendar.due("37", clock.today(), DAYS),
    )  # fmt: skip
    record(actor, events.WhyAsked(question=made.id, organ=made.organ, due=made.due.isoformat()), authority=AUTHORITY)
    return made


@command("account.answer_question")
def answer_why(actor: Actor, *, question: int, words: str) -> Question:
    """Tell the person why; only for looks of the actor's own organ, and not about one's own look."""
    one = queries.question(actor, question)
    if one.answered_at:
        raise Conflict(_("This has been answered meanwhile. Reload the page."))
    if len(words.strip()) < 4:
        sentence = _("Answer: say why the data were needed.")
        raise Invalid(sentence, fields={"words": sentence})
    one.answer, one.answered_by, one.answered_at = words.strip()[:500], f"{actor.organ_name} {actor.name}"[:120], clock.now()
    one.save(update_fields=["answer", "answered_by", "answered_at"])
    record(actor, events.WhyAnswered(question=one.id, account=one.account), authority=AUTHORITY)
    return one
