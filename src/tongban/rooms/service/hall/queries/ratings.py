"""Ratings: the link, the public results, the bad ones to be answered."""

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from tongban.kernel.identity.actor import Actor
from tongban.lib import clock
from tongban.lib.errors import Gone, NotFound
from tongban.rooms.service.hall import rules
from tongban.rooms.service.hall.models import Rating, RatingInvitation


def invitation(token: str) -> RatingInvitation:
    """An open invitation; raises NotFound for a wrong link and Gone for a used or expired one."""
    found = RatingInvitation.objects.select_related("rating").filter(token=token).first()
    if found is None:
        raise NotFound(_("This rating link is wrong. Open it from your messages."))
    if found.expires_at < clock.now():
        raise Gone(_("The rating link has expired after 14 days. You may still call 12345."))
    if hasattr(found, "rating"):
        raise Gone(_("This service was rated already; each handling is rated once."))
    return found


def own_invitation(actor: Actor, case_number: str) -> RatingInvitation | None:
    """The open invitation for a case that the caller has in scope."""
    rows = RatingInvitation.objects.filter(case_number=case_number, rating=None, expires_at__gte=clock.now())
    return rows.first()


@dataclass(frozen=True, slots=True)
class OfficeResult:
    """The public result of an office. Ratings given by default stand apart."""

    organ: str
    given: int
    satisfied: int
    bad: int
    answered: int
    by_default: int

    @property
    def share(self) -> float:
        return 100 * self.satisfied / self.given if self.given else 0.0


def office_results(region: str) -> list[OfficeResult]:
    """Results by office in a region, most rated first."""
    rows = (
        RatingInvitation.objects.filter(region_code__startswith=region, rating__isnull=False)
        .values("organ_name")
        .annotate(
            given=Count("id", filter=Q(rating__by_default=False)),
            good=Count("id", filter=Q(rating__by_default=False, rating__level__lt=rules.BAD)),
            bad=Count("id", filter=Q(rating__level__gte=rules.BAD)),
            answered=Count("id", filter=Q(rating__level__gte=rules.BAD, rating__replied_at__isnull=False)),
            defaults=Count("id", filter=Q(rating__by_default=True)),
        )
        .order_by("-given")[:200]
    )
    return [OfficeResult(r["organ_name"], r["given"], r["good"], r["bad"], r["answered"], r["defaults"]) for r in rows]


def bad_ratings(actor: Actor, *, answered: bool = False) -> QuerySet[Rating]:
    """Bad ratings of the actor's organ, those due first."""
    actor.require("hall.rectify")
    rows = Rating.objects.select_related("invitation").filter(level__gte=rules.BAD, invitation__organ=actor.organ)
    return rows.filter(replied_at__isnull=not answered).order_by("rectify_due", "id")
