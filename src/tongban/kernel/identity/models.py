"""Persons, enterprises, accounts; private to the kernel."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from tongban.lib import columns

ID_INDEX = "identity_person.id_number"


class PersonManager(models.Manager["Person"]):
    """Finds a person by the number that lies sealed."""

    def of_number(self, id_number: str) -> "models.QuerySet[Person]":
        return self.filter(id_index=columns.blind(ID_INDEX, id_number.strip().upper()))


class Person(models.Model):
    """A natural person, known by the citizen identity number (GB 11643)."""

    id_number = columns.Sealed()
    id_index = models.BinaryField(max_length=columns.INDEX_SIZE, unique=True, help_text="blind index of the number")
    name = models.CharField(max_length=60)
    mobile = columns.Sealed()
    address = columns.Sealed()
    region_code = models.CharField(max_length=9, blank=True)
    synthetic = models.BooleanField(default=False)

    objects: ClassVar[PersonManager] = PersonManager()

    def __str__(self) -> str:
        return self.name

    def save(self, **options: Any) -> None:
        """The index follows the number."""
        self.id_index = columns.blind(ID_INDEX, self.id_number)
        super().save(**options)

    def cohort(self) -> str:
        """The persons of one county share a key."""
        return columns.cohort("persons", self.region_code[:6] or "37")


class LegalPerson(models.Model):
    """An enterprise or other legal person, known by the unified social credit code (GB 32100)."""

    credit_code = models.CharField(max_length=18, unique=True)
    name = models.CharField(max_length=120)
    entity_type = models.CharField(max_length=40)
    address = models.CharField(max_length=200)
    region_code = models.CharField(max_length=9)
    representative = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    registered_on = models.DateField()
    business_scope = models.CharField(max_length=300, blank=True)
    synthetic = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.name


class Mandate(models.Model):
    """A person who may act for a legal person, until a day."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="mandates")
    legal_person = models.ForeignKey(LegalPerson, on_delete=models.PROTECT, related_name="mandates")
    basis = models.CharField(max_length=40, help_text="法定代表人、经办人授权")
    begun_on = models.DateField()
    ended_on = models.DateField(null=True)


class Proxy(models.Model):
    """A person who may act for another: given by oneself, or for a minor and approved."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="proxies", help_text="who is acted for")
    helper = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="helps")
    kind = models.CharField(max_length=8, help_text="given, minor")
    basis = models.CharField(max_length=40)
    begun_on = models.DateField()
    ended_on = models.DateField()
    state = models.CharField(max_length=8, help_text="asked, active, refused, ended")
    asked_at = models.DateTimeField()
    decided_by = models.CharField(max_length=60, blank=True)
    words = models.CharField(max_length=200, blank=True)


class Retention(models.Model):
    """What is kept after an account is cancelled, how long and why, from `data/identity/retention.csv`."""

    what = models.CharField(max_length=80)
    keeps = models.CharField(max_length=120)
    document = models.CharField(max_length=200)
    effective_from = models.DateField()
    effective_to = models.DateField(null=True)
    verified = models.BooleanField(default=False)


class AccountManager(BaseUserManager["Account"]):
    """Django asks for this; accounts are opened by a command."""

    def get_by_natural_key(self, username: str | None) -> "Account":
        return self.get(username=username)


class Account(AbstractBaseUser):
    """What one logs in with. Officials and citizens alike are persons with an account."""

    username = models.CharField(max_length=60, unique=True)
    person = models.OneToOneField(Person, on_delete=models.PROTECT, related_name="account")
    email = columns.Sealed(help_text="where notices go by mail, when that channel is on")
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False, help_text="may open the administrators' tables")
    failures = models.PositiveIntegerField(default=0)
    failed_at = models.DateTimeField(null=True)
    demo_order = models.PositiveSmallIntegerField(null=True, help_text="place among the demo's personas")
    demo_note = models.CharField(max_length=120, blank=True)

    objects: ClassVar[AccountManager] = AccountManager()
    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"

    def cohort(self) -> str:
        """Accounts are the platform's, whoever they belong to."""
        return columns.cohort("accounts", "platform")

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        return self.is_active and self.is_staff

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and self.is_staff


class Appointment(models.Model):
    """A role that an official holds within an organ and a region."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="appointments")
    organ = models.ForeignKey("orgs.Organ", on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=30)
    region_code = models.CharField(max_length=9)
    begun_on = models.DateField()
    ended_on = models.DateField(null=True)
    clearance = models.PositiveSmallIntegerField(default=3, help_text="the most sensitive personal data that the role may see, 1 to 4")


class LentRole(models.Model):
    """A role for a while: delegated by a colleague who holds it, or taken in an emergency and reviewed afterwards."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="lent")
    organ = models.ForeignKey("orgs.Organ", on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=30)
    region_code = models.CharField(max_length=9)
    clearance = models.PositiveSmallIntegerField(default=3)
    kind = models.CharField(max_length=12, help_text="delegation, break-glass")
    reason = models.CharField(max_length=300)
    given_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    begun_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    review_due = models.DateField(null=True)
    verdict = models.CharField(max_length=10, blank=True, help_text="proper, improper")
    judged_by = models.CharField(max_length=60, blank=True)
    judged_at = models.DateTimeField(null=True)
    words = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [models.Index(fields=["account", "ends_at"], name="lent_in_force", condition=models.Q(ended_at=None))]


class Review(models.Model):
    """A campaign: every role in a region is looked at again, and kept or ended, by a day."""

    name = models.CharField(max_length=120)
    region_code = models.CharField(max_length=9)
    begun_at = models.DateTimeField()
    begun_by = models.CharField(max_length=60)
    due = models.DateField()
    closed_at = models.DateTimeField(null=True)


class ReviewItem(models.Model):
    """One appointment under review."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="items")
    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="+")
    decision = models.CharField(max_length=6, blank=True, help_text="keep, end, lapse: nobody decided in time")
    decided_by = models.CharField(max_length=60, blank=True)
    decided_at = models.DateTimeField(null=True)
    words = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["review", "appointment"], name="reviewed_once")]


class ApiToken(models.Model):
    """A bearer token; only its SM3 digest is kept."""

    digest = models.CharField(max_length=64, unique=True)
    account = models.ForeignKey(Account, on_delete=models.CASCADE)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    level = models.PositiveSmallIntegerField(default=1)


class Factor(models.Model):
    """A second proof that someone set up: one-time codes (RFC 6238), a passkey, or one of the recovery codes."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="factors")
    kind = models.CharField(max_length=10, help_text="totp, passkey, recovery, sms, x509")
    name = models.CharField(max_length=60, blank=True)
    secret = models.BinaryField(help_text="sealed seed; public part of a passkey; SM3 of a recovery code")
    credential = models.BinaryField(default=b"", help_text="a passkey's identifier")
    counter = models.BigIntegerField(default=0, help_text="a passkey's counter; the last time step of one-time codes")
    ready = models.BooleanField(default=True, help_text="a seed counts only once a code of it was typed")
    made_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["credential"], condition=models.Q(kind="passkey"), name="passkey_once")]


class LoginSession(models.Model):
    """A browser that is logged in: shown to its owner, who may end it."""

    key = models.CharField(max_length=40, unique=True)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="sessions")
    way = models.CharField(max_length=20)
    level = models.PositiveSmallIntegerField()
    origin = models.CharField(max_length=45)
    agent = models.CharField(max_length=200)
    begun_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
