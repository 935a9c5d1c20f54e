"""Identity numbers, mobiles, addresses and mail addresses lie sealed from here on; those that lay open are sealed."""

from typing import Any

from django.db import migrations, models

from tongban.lib import columns

OPEN = ("id_number", "mobile", "address")
HELP = "where notices go by mail, when that channel is on"


def seal(_apps: Any, schema_editor: Any) -> None:
    with schema_editor.connection.cursor() as cursor:
        group = "'persons|' || coalesce(nullif(left(row.region_code, 6), ''), '37')"
        columns.seal_existing(cursor, "identity_person", {n: f"open_{n}" for n in OPEN}, group)
        columns.seal_existing(cursor, "identity_account", {"email": "open_email"}, "'accounts|platform'")
        cursor.execute("SELECT id, open_id_number FROM identity_person")
        for identifier, number in cursor.fetchall():
            cursor.execute("UPDATE identity_person SET id_index = %s WHERE id = %s", [columns.blind("identity_person.id_number", number), identifier])


class Migration(migrations.Migration):
    dependencies = [("identity", "0006_proxies")]

    operations = [
        *(migrations.RenameField("person", name, f"open_{name}") for name in OPEN),
        migrations.RenameField("account", "email", "open_email"),
        *(migrations.AddField("person", name, columns.Sealed()) for name in OPEN),
        migrations.AddField("account", "email", columns.Sealed(help_text=HELP)),
        migrations.AddField("person", "id_index", models.BinaryField(max_length=columns.INDEX_SIZE, null=True)),
        migrations.RunPython(seal, elidable=False),
        migrations.AlterField("person", "id_index", models.BinaryField(help_text="blind index of the number", max_length=columns.INDEX_SIZE, unique=True)),
        *(migrations.RemoveField("person", f"open_{name}") for name in OPEN),
        migrations.RemoveField("account", "open_email"),
    ]
