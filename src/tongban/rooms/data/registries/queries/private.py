"""Private comparisons of the own organ, asked or joined; its own rows among the pairs."""

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from tongban.kernel.identity.actor import Actor
from tongban.lib.errors import NotFound
from tongban.rooms.data.registries.models import PrivateComparison


def comparisons(actor: Actor) -> QuerySet[PrivateComparison]:
    """Those that the own organ asked for or was asked to join, the newest first."""
    actor.require("registries.link")
    rows = PrivateComparison.objects.order_by("-id")
    return rows if actor.is_system else rows.filter(Q(asking_key=actor.organ_key) | Q(asked_key=actor.organ_key))


def comparison(actor: Actor, identifier: int) -> PrivateComparison:
    """One of them; raises NotFound."""
    found = comparisons(actor).filter(id=identifier).first()
    if found is None:
        raise NotFound(_("There is no such comparison of your organ."))
    return found


def own_pairs(actor: Actor, held: PrivateComparison) -> list[tuple[int, int, float]]:
    """(mark of the pair, row of the own file, how alike): the other side gets the same marks for its rows."""
    side = 0 if actor.organ_key == held.asking_key else 1
    return [(mark, pair[side], pair[2]) for mark, pair in enumerate(held.pairs, 1)]
