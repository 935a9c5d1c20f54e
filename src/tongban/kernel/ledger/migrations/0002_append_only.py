"""The database itself refuses to alter or delete an entry or a block, for the owner of the tables too."""

from django.db import migrations

GUARD = """
CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the ledger is append-only: % on % refused', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege';
END $$;
"""
TABLES = ("ledger_entry", "ledger_block")


def guard(table: str) -> str:
    return f"""
CREATE TRIGGER {table}_rows BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER {table}_all BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_rows;
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_all;
REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM PUBLIC;
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]
    operations = [
        migrations.RunSQL(GUARD + "".join(guard(t) for t in TABLES), migrations.RunSQL.noop),
        migrations.RunSQL(
            "ALTER TABLE ledger_entry ALTER COLUMN body SET STORAGE MAIN;CREATE UNIQUE INDEX ledger_block_order ON ledger_block (last_xid, last_id);",
            migrations.RunSQL.noop,
        ),
    ]
