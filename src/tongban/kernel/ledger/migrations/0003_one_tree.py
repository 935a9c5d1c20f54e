"""One tree over all entries in place of a chain of blocks: inner nodes and signed heads in tables of their own."""

from importlib import import_module
from typing import Any

from django.db import migrations, models

from tongban.lib.tlog import merkle

KEEP = 8
guard = import_module("tongban.kernel.ledger.migrations.0002_append_only").guard


def grow(apps: Any, editor: Any) -> None:
    """Compute nodes and heads of the blocks that an earlier version sealed."""
    tree = merkle.Frontier()
    with editor.connection.cursor() as cursor:
        cursor.execute("SELECT number FROM ledger_block ORDER BY number")
        numbers = [n for (n,) in cursor.fetchall()]
        cursor.execute("ALTER TABLE ledger_block DISABLE TRIGGER ledger_block_rows")
        for number in numbers:
            cursor.execute("SELECT leaves FROM ledger_block WHERE number = %s", [number])
            held = bytes(cursor.fetchone()[0])
            made = tree.extend([held[i : i + 32] for i in range(0, len(held), 32)], KEEP)
            cursor.execute("UPDATE ledger_block SET root = %s WHERE number = %s", [tree.root(), number])
            cursor.executemany("INSERT INTO ledger_node (height, index, hash) VALUES (%s, %s, %s)", made)
        cursor.execute("ALTER TABLE ledger_block ENABLE ALWAYS TRIGGER ledger_block_rows")


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_append_only")]
    operations = [
        migrations.CreateModel(
            name="Node",
            fields=[
                ("pk", models.CompositePrimaryKey("height", "index", blank=True, editable=False, primary_key=True, serialize=False)),
                ("height", models.SmallIntegerField()),
                ("index", models.BigIntegerField()),
                ("hash", models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name="Checkpoint",
            fields=[("size", models.BigIntegerField(primary_key=True, serialize=False)), ("note", models.TextField())],
        ),
        migrations.CreateModel(
            name="Cosignature",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("size", models.BigIntegerField()),
                ("witness", models.CharField(max_length=120)),
                ("line", models.TextField()),
            ],
            options={"constraints": [models.UniqueConstraint(fields=("size", "witness"), name="cosigned_once")]},
        ),
        migrations.CreateModel(
            name="Witnessed",
            fields=[
                ("origin", models.CharField(max_length=120, primary_key=True, serialize=False)),
                ("public", models.BinaryField()),
                ("size", models.BigIntegerField(default=0)),
                ("note", models.TextField(blank=True)),
                ("seen_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.RunPython(grow, migrations.RunPython.noop),
        migrations.RemoveField(model_name="block", name="chain"),
        migrations.RemoveField(model_name="block", name="sealed_at"),
        migrations.AlterField(model_name="block", name="first_sequence", field=models.BigIntegerField(unique=True)),
        migrations.RunSQL(
            "ALTER TABLE ledger_block ALTER COLUMN leaves SET STORAGE EXTERNAL;"  # parts of it are read
            + guard("ledger_node") + guard("ledger_checkpoint"),
            migrations.RunSQL.noop,
        ),
    ]  # fmt: skip
