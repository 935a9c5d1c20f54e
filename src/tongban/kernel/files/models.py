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
