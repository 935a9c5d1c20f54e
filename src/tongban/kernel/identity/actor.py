"""Who acts: passed first to every query and command."""

from dataclasses import dataclass, replace

from tongban.kernel.identity import rules
from tongban.kernel.identity.rules import CITIZEN, SYSTEM
from tongban.lib import codes, watch
from tongban.lib.errors import NotLoggedIn, Refused
from tongban.lib.rooms import PERMISSIONS
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Actor:
    """One account at one moment: the organ it acts for, its roles, and the regions they reach.

    `regions` are region codes; a code reaches its whole subtree. A citizen has none.
    """

    account: int | None = None
    person: int | None = None
    name: str = ""
    organ: int | None = None
    organ_key: str = ""
    organ_name: str = ""
    roles: frozenset[str] = frozenset()
    regions: tuple[str, ...] = ()
    legal_person: int | None = None
    legal_person_name: str = ""
    origin: str = ""
    level: int = 1  # of assurance: 1 one proof, 2 two proofs or a passkey
    helper_name: str = ""  # who really acts, while acting for the person: 代办
    clearance: int = 0  # for personal data of others, by the posts held: 0 none to 4

    @property
    def logged_in(self) -> bool:
        return self.account is not None

    @property
    def is_official(self) -> bool:
        return self.organ is not None

    @property
    def is_system(self) -> bool:
        return SYSTEM in self.roles

    def may(self, permission: str) -> bool:
        """Whether one of the roles holds the permission; a permission that nobody declared is a fault."""
        return self.is_system or not self.roles.isdisjoint(PERMISSIONS[permission].roles)

    def require(self, permission: str) -> None:
        """Refuse whoever lacks the permission, saying which it is. Whoever acts for another leaves accounts alone, both."""
        if self.helper_name and permission.startswith("identity."):
            raise Refused(_("You are acting for %(name)s: go back to yourself first.") % {"name": self.name})
        if self.may(permission):
            return
        if not self.logged_in:
            raise NotLoggedIn(_("Log in first."))
        watch.notice("denied", subject=permission)
        what = PERMISSIONS[permission].label
        raise Refused(_("Your roles do not include “%(what)s”. Ask your organ's administrator.") % {"what": what})

    def reaches(self, region: str) -> bool:
        return self.is_system or any(codes.in_region(region, scope) for scope in self.regions)

    def require_region(self, region: str) -> None:
        """Raises Refused for a region that none of the actor's posts reaches."""
        if not self.reaches(region):
            raise Refused(_("The unit lies outside your regions."))

    def proved_only(self, level: int) -> "Actor":
        """The same actor at a level of assurance: what needs more falls away with its roles."""
        return replace(self, level=level, roles=rules.effective_roles(self.roles, level))

    def for_person(self, person: int, name: str) -> "Actor":
        """The same account acting for another person: as a citizen, without posts and enterprises."""
        return replace(
            self, person=person, name=name, helper_name=self.name, organ=None, organ_key="", organ_name="", roles=citizen_roles(), regions=(), clearance=0,
            legal_person=None, legal_person_name="",
        )  # fmt: skip

    @property
    def signs_as(self) -> str:
        """How the ledger names whoever acts."""
        return f"{self.helper_name} 代 {self.name}" if self.helper_name else self.name

    def for_legal_person(self, legal_person: int, name: str) -> "Actor":
        return replace(self, legal_person=legal_person, legal_person_name=name)


STRANGER = Actor()


def system(what: str) -> Actor:
    """The platform itself, at work: `what` names the part, for the ledger."""
    return Actor(name=what, roles=frozenset({SYSTEM}))


def citizen_roles() -> frozenset[str]:
    return frozenset({CITIZEN})
