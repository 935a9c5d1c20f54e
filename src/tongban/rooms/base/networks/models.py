"""Connections of departments and places, special networks on their way into the common one, address blocks."""

from django.db import models


class Cidr(models.Field):  # type: ignore[type-arg]
    """A block of addresses, PostgreSQL's cidr: "10.37.0.0/16", "2001:db8::/48"."""

    def db_type(self, connection: object) -> str:
        return "cidr"

    def from_db_value(self, value: object, expression: object, connection: object) -> str | None:
        return None if value is None else str(value)


class Connection(models.Model):
    """One unit's line into one network: a department (`organ`), or a place itself (its seat of government)."""

    network = models.CharField(max_length=10, help_text="inner, outer, internet")
    organ = models.ForeignKey("orgs.Organ", on_delete=models.PROTECT, null=True, related_name="+")
    region_code = models.CharField(max_length=9)
    region_level = models.CharField(max_length=10, help_text="province, city, county, township")
    unit_name = models.CharField(max_length=120)
    bandwidth = models.PositiveIntegerField(help_text="Mbit/s")
    access_point = models.CharField(max_length=120, blank=True)
    carrier = models.CharField(max_length=20, blank=True)
    protection_level = models.PositiveSmallIntegerField(null=True)
    ipv6 = models.BooleanField(default=False)
    connected_on = models.DateField()
    ended_on = models.DateField(null=True)
    case_number = models.CharField(max_length=24, blank=True)
    source = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["network", "organ"], condition=models.Q(ended_on=None, organ__isnull=False), name="organ_connected_once"),
            models.UniqueConstraint(fields=["network", "region_code"], condition=models.Q(ended_on=None, organ=None), name="place_connected_once"),
        ]
        indexes = [models.Index(fields=["network", "region_level", "region_code"], name="connection_coverage", condition=models.Q(ended_on=None))]


class SpecialNetwork(models.Model):
    """业务专网: a department's own network, what is decided of it, and how far it has come."""

    key = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    owner = models.ForeignKey("orgs.Organ", on_delete=models.PROTECT, related_name="+")
    region_code = models.CharField(max_length=9)
    reach = models.CharField(max_length=10, help_text="the lowest level that it reaches")
    nodes = models.PositiveIntegerField(default=0)
    bandwidth = models.PositiveIntegerField(default=0)
    yearly_cost = models.PositiveIntegerField(default=0, help_text="yuan a year")
    systems = models.JSONField(default=list)
    decision = models.CharField(max_length=10, blank=True, help_text="keep, merge")
    reason = models.CharField(max_length=300, blank=True, help_text="the law that lets it stay, or why it is merged")
    decided_on = models.DateField(null=True)
    decided_by = models.CharField(max_length=60, blank=True)
    registered_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class MigrationStep(models.Model):
    """One step of merging a special network."""

    network = models.ForeignKey(SpecialNetwork, on_delete=models.PROTECT, related_name="steps")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=80)
    due = models.DateField()
    done_on = models.DateField(null=True)
    words = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["network", "position"], name="step_once")]


class AddressBlock(models.Model):
    """A block of the address plan: a pool, or assigned to a unit. Assigned blocks of one network never overlap (migration 0002)."""

    network = models.CharField(max_length=10)
    block = Cidr()
    pool = models.BooleanField(default=False, help_text="a pool from which blocks are assigned")
    organ = models.ForeignKey("orgs.Organ", on_delete=models.PROTECT, null=True, related_name="+")
    region_code = models.CharField(max_length=9)
    unit_name = models.CharField(max_length=120)
    purpose = models.CharField(max_length=120, blank=True)
    assigned_on = models.DateField()
    freed_on = models.DateField(null=True)


class Goal(models.Model):
    """How many units of a level are to be connected, and the document that says so, from `data/networks/goals.csv`."""

    level = models.CharField(max_length=10)
    units = models.PositiveIntegerField(null=True, help_text="empty: every unit in force")
    share = models.FloatField(help_text="of the units, 0 to 1")
    document = models.CharField(max_length=200)
    effective_from = models.DateField()
    effective_to = models.DateField(null=True)
    verified = models.BooleanField(default=False)
