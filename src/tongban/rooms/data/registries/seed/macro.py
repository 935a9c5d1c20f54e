"""Releases of the bureau of statistics as they are published: a table of provinces by years, with notes below."""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

from tongban.kernel.identity.actor import Actor
from tongban.rooms.data.registries import rules
from tongban.rooms.data.registries.commands import macro
from tongban.rooms.data.registries.models import Release


def load_macro(actor: Actor, folder: Path) -> int:
    """Enter the shipped releases, the earliest first; nothing where there are some."""
    if Release.objects.exists():
        return 0
    names, made = {name: code for code, name in rules.PROVINCES.items()}, 0
    with (folder / "releases.csv").open(newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda r: r["released_on"])
    for row in rows:
        found, notes = rules.published_table((folder / row["file"]).read_text(encoding="utf-8-sig"), names)
        publication = macro.Publication(row["release"], row["title"], "国家统计局", date.fromisoformat(row["released_on"]), row["verified"] == "yes")
        measured = macro.Measured(row["indicator"], row["name"], row["unit"], int(row["decimals"]), notes)
        figures: dict[tuple[str, str], Decimal] = found
        macro.keep_release(actor, publication=publication, measured=measured, figures=figures)
        made += len(figures)
    return made
