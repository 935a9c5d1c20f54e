"""Where notices were sent lies sealed."""

from typing import Any

from django.db import migrations

from tongban.lib import columns


def seal(_apps: Any, schema_editor: Any) -> None:
    with schema_editor.connection.cursor() as cursor:
        year = "(SELECT extract(year FROM n.sent_at AT TIME ZONE 'Asia/Shanghai') FROM notices_notice n WHERE n.id = row.notice_id)"
        columns.seal_existing(cursor, "notices_delivery", {"address": "open_address"}, f"'deliveries|platform|' || {year}")


class Migration(migrations.Migration):
    dependencies = [("notices", "0001_initial")]

    operations = [
        migrations.RenameField("delivery", "address", "open_address"),
        migrations.AddField("delivery", "address", columns.Sealed()),
        migrations.RunPython(seal, elidable=False),
        migrations.RemoveField("delivery", "open_address"),
    ]
