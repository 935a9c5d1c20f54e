"""Type apart from instance: a case pins the published version of its process; history is only appended."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q

from tongban.kernel.identity.models import Person
from tongban.lib import columns
from tongban.lib.scoped import ScopedManager


FORMS = "cases"


class ProcessDefinition(models.Model):
    """A process known by its key; its versions hold the drawings."""

    key = models.SlugField(unique=True)
    name = models.CharField(max_length=80)
    node = models.CharField(max_length=9, db_default="", default="", help_text="whose process it is; empty: drawn here")

    def __str__(self) -> str:
        return self.name


class ProcessVersion(models.Model):
    """A BPMN 2.0 drawing. Published versions never change."""

    class State(models.TextChoices):
        DRAFT = "draft", "草稿"
        PUBLISHED = "published", "已发布"

    definition = models.ForeignKey(ProcessDefinition, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    bpmn = models.TextField()
    steps = models.JSONField(default=dict, help_text="task id -> name, role, stage, days, pauses, actions")
    start_state = models.JSONField(null=True, help_text="the engine's state at the first step, without the drawing")
    entry_tasks = models.JSONField(default=list, help_text="[[task id in the start state, step id], …]")
    published_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["definition", "number"], name="process_version")]


class Case(models.Model):
    """One application by one applicant for one matter; or, where `cause` stands, what an office looks into of itself."""

    number = models.CharField(max_length=24, unique=True)
    matter_code = models.CharField(max_length=80)
    matter_version = models.BigIntegerField()
    title = models.CharField(max_length=120)
    cause = models.CharField(max_length=80, db_default="", default="", help_text="of a case that nobody applied for: what it looks into, kind:key")
    person = models.ForeignKey("identity.Person", null=True, on_delete=models.PROTECT, related_name="+")
    legal_person = models.ForeignKey("identity.LegalPerson", null=True, on_delete=models.PROTECT, related_name="+")
    applicant_name = models.CharField(max_length=120)
    organ = models.ForeignKey("orgs.Organ", on_delete=models.PROTECT, related_name="+")
    region_code = models.CharField(max_length=9)
    process = models.ForeignKey(ProcessVersion, on_delete=models.PROTECT, related_name="+")
    engine_state = models.JSONField(null=True, help_text="null: still at the process's published start state")
    state = models.CharField(max_length=20)
    data = columns.SealedJSON()
    materials = models.JSONField(default=list, help_text="[{material, file, name}]")
    promised_days = models.PositiveSmallIntegerField()
    statutory_days = models.PositiveSmallIntegerField()
    submitted_at = models.DateTimeField()
    accepted_on = models.DateField(null=True)
    decided_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    result = models.CharField(max_length=20, blank=True)
    corrections = models.PositiveSmallIntegerField(default=0)
    # What the fold over the clock events gives; written only together with an event.
    receipt_due = models.DateField(null=True)
    promise_due = models.DateField(null=True)
    statutory_due = models.DateField(null=True)
    paused = models.CharField(max_length=20, blank=True)
    bundle = models.CharField(max_length=40, blank=True, help_text="一件事: cases submitted together")
    channel = models.CharField(max_length=10, default="online")
    # One case in two places: decided at `home`, handed in at `filed_at`; empty is here. The copy follows what its home tells.
    home = models.CharField(max_length=9, db_default="", default="", help_text="the node that decides")
    filed_at = models.CharField(max_length=9, db_default="", default="", help_text="the node where it was handed in")
    heard_at = models.DateTimeField(null=True, help_text="of a copy: when its home last told how it stands")
    awaiting = models.CharField(max_length=12, db_default="", default="", help_text="of a copy: what the applicant did and its home has not answered yet")
    search = SearchVectorField(null=True)

    objects = ScopedManager["Case"]()

    class Meta:
        indexes = [
            models.Index(fields=["organ", "-id"], name="case_organ"),
            models.Index(fields=["person", "-id"], name="case_person"),
            models.Index(fields=["promise_due"], name="case_promise", condition=Q(closed_at=None)),
            models.Index(fields=["decided_at"], name="case_decided"),
            GinIndex(fields=["search"], name="case_search", fastupdate=True),
        ]

    @property
    def applicant(self) -> Person:
        """Who applied; only of what somebody applied for."""
        if self.person is None:
            raise ValueError(f"nobody applied for {self.number}")
        return self.person

    def cohort(self) -> str:
        """Forms of one organ and year share a key, which ends when their retention does."""
        return columns.cohort(FORMS, self.organ.key, self.submitted_at.year)


class WorkItem(models.Model):
    """待办: one step of one case, to be done by a role within an organ and a region (or by the applicant).

    Of a copy whose home is another node `organ_id` is 0: nobody's work here.
    """

    class State(models.TextChoices):
        OPEN = "open", "待办"
        DONE = "done", "已办"
        CANCELLED = "cancelled", "取消"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="items")
    task = models.CharField(max_length=36, help_text="the engine's task; unique only within its case")
    step = models.CharField(max_length=60)
    name = models.CharField(max_length=60)
    stage = models.CharField(max_length=30)
    role = models.CharField(max_length=30)
    organ_id = models.BigIntegerField()
    region_code = models.CharField(max_length=9)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    assignee = models.BigIntegerField(null=True)
    opened_at = models.DateTimeField()
    due = models.DateField(null=True, help_text="the case's limit that runs now; null while the clock is stopped")
    step_due = models.DateField(null=True, help_text="the step's own limit")
    done_at = models.DateTimeField(null=True)
    done_by = models.BigIntegerField(null=True)
    done_by_name = models.CharField(max_length=120, blank=True)
    action = models.CharField(max_length=30, blank=True)
    action_name = models.CharField(max_length=60, blank=True)
    opinion = models.TextField(blank=True)

    objects = ScopedManager["WorkItem"]()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "task"], name="item_of_task")]
        indexes = [
            models.Index(fields=["organ_id", "role", "due", "id"], name="item_work", condition=Q(state="open")),
            models.Index(fields=["step_due"], name="item_step_due", condition=Q(state="open")),
            models.Index(fields=["done_by", "done_at"], name="item_done"),
        ]


class ClockEvent(models.Model):
    """What the clock is a fold over: receive, start, pause, resume, extend, stop."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="clock")
    kind = models.CharField(max_length=10)
    on = models.DateField()
    at = models.DateTimeField()
    days = models.PositiveSmallIntegerField(default=0)
    reason = models.CharField(max_length=20, blank=True)
    note = models.CharField(max_length=300, blank=True)
    authority = models.CharField(max_length=120, blank=True)
