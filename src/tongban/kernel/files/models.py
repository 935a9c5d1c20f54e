"""A document is its content; a file is someone's name for it."""

import uuid

from django.db import models


class Document(models.Model):
    """Content by its SM3 digest; the bytes lie sealed in the data folder."""

    digest = models.CharField(max_length=64, primary_key=True)
    size = models.PositiveIntegerField()
    media_type = models.CharField(max_length=80)
    scanned_by = models.CharField(max_length=60, help_text="the scanner; the null scanner says that it is one")
    created_at = models.DateTimeField()


class File(models.Model):
    """A document in someone's hands."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=160)
    owner = models.BigIntegerField(null=True, help_text="account; empty for the platform's own")
    created_at = models.DateTimeField()
    destroyed_at = models.DateTimeField(null=True, help_text="its purpose is over: nobody reads it any more")


class LargeFile(models.Model):
    """A file in sealed chunks: filled part by part from outside, or written by the platform as it makes it."""

    class State(models.TextChoices):
        OPEN = "open", "传输中"
        WHOLE = "whole", "完整"
        DESTROYED = "destroyed", "已销毁"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    name = models.CharField(max_length=160)
    size = models.BigIntegerField(help_text="bytes; of one that the platform writes 0 until it is whole")
    digest = models.CharField(max_length=64, blank=True, help_text="SM3 of the whole, once it is")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    owner = models.BigIntegerField(null=True, help_text="account; empty for the platform's own")
    created_at = models.DateTimeField()


class Quarantined(models.Model):
    """An upload that the scanner took for malware: sealed apart, never handed out, judged by a security administrator."""

    class State(models.TextChoices):
        HELD = "held", "隔离中"
        RELEASED = "released", "判为误报"
        DESTROYED = "destroyed", "已销毁"

    digest = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=160)
    size = models.PositiveIntegerField()
    signature = models.CharField(max_length=120)
    account = models.BigIntegerField(null=True)
    account_name = models.CharField(max_length=120)
    at = models.DateTimeField()
    times = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=10, choices=State.choices, default=State.HELD)
    judged_by = models.CharField(max_length=60, blank=True)
    judged_at = models.DateTimeField(null=True)
    words = models.CharField(max_length=300, blank=True)
