"""What is being filled in lies sealed, as what was submitted does."""

from typing import Any

from django.db import migrations

from tongban.lib import columns


def seal(_apps: Any, schema_editor: Any) -> None:
    with schema_editor.connection.cursor() as cursor:
        organ = "(SELECT coalesce(max(o.key), 'none') FROM hall_matter m JOIN orgs_organ o ON o.id = m.organ_id WHERE m.id = row.matter_id)"
        year = "extract(year FROM row.created_at AT TIME ZONE 'Asia/Shanghai')"
        columns.seal_existing(cursor, "hall_draft", {"data": "open_data"}, f"'drafts|' || {organ} || '|' || {year}")


class Migration(migrations.Migration):
    dependencies = [("hall", "0003_negative_list"), ("orgs", "0001_initial")]

    operations = [
        migrations.RenameField("draft", "data", "open_data"),
        migrations.AddField("draft", "data", columns.SealedJSON()),
        migrations.RunPython(seal, elidable=False),
        migrations.RemoveField("draft", "open_data"),
    ]
