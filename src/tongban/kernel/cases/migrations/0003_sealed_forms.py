"""What applicants filled in lies sealed by the organ's key of the year."""

from typing import Any

from django.db import migrations

from tongban.lib import columns


def seal(_apps: Any, schema_editor: Any) -> None:
    with schema_editor.connection.cursor() as cursor:
        year = "extract(year FROM row.submitted_at AT TIME ZONE 'Asia/Shanghai')"
        group = f"'cases|' || (SELECT key FROM orgs_organ o WHERE o.id = row.organ_id) || '|' || {year}"  # noqa: S608 - no value from outside
        columns.seal_existing(cursor, "cases_case", {"data": "open_data"}, group)


class Migration(migrations.Migration):
    dependencies = [("cases", "0002_numbers"), ("orgs", "0001_initial")]

    operations = [
        migrations.RenameField("case", "data", "open_data"),
        migrations.AddField("case", "data", columns.SealedJSON()),
        migrations.RunPython(seal, elidable=False),
        migrations.RemoveField("case", "open_data"),
    ]
