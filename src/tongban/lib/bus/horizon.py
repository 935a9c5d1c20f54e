"""How far a table may be read: below that, no transaction under way can still write a row.

A number from a sequence, or the time of a transaction's begin, is given before the transaction ends: who reads "above the last" the moment it sees a
higher one passes over the lower one that is committed a little later, for ever.
"""

import time
from datetime import UTC, datetime, timedelta

import psycopg
from psycopg import sql

PATIENCE = 60.0  # seconds for those who write to end; then the flow waits
SETTLED = timedelta(seconds=60)  # behind now, where the user may not see when others' transactions began

# Who holds the right to write the table, or a part of it; of a view, any table of the database.
_WRITERS = """
    SELECT DISTINCT l.virtualtransaction FROM pg_locks l, pg_class c
     WHERE c.oid = %(table)s::regclass AND l.locktype = 'relation' AND l.pid <> pg_backend_pid()
       AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
       AND l.mode IN ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
       AND CASE WHEN c.relkind IN ('r', 'p') THEN l.relation = c.oid OR l.relation IN (SELECT relid FROM pg_partition_tree(c.oid)) ELSE l.relation >= 16384 END"""
_RUNNING = "SELECT 1 FROM pg_locks WHERE virtualtransaction = ANY(%s) LIMIT 1"


def settled_number(url: str, table: str, column: str) -> int:
    """The highest number below which everything is committed or undone; 0 for an empty table. The table itself gives the numbers: by default or trigger.

    Raises TimeoutError where somebody has been writing for a minute.
    """
    named = sql.SQL(".").join(map(sql.Identifier, table.split(".")))
    with psycopg.connect(url, autocommit=True, connect_timeout=10) as line:
        row = line.execute(sql.SQL("SELECT max({}) FROM {}").format(sql.Identifier(column), named)).fetchone()
        if row is None or row[0] is None:
            return 0
        writers = [v for (v,) in line.execute(_WRITERS, {"table": named.as_string(line)}).fetchall()]
        ends = time.monotonic() + PATIENCE
        while writers and line.execute(_RUNNING, [writers]).fetchone():
            if time.monotonic() > ends:
                raise TimeoutError(f"a transaction has been writing {table} for a minute")
            time.sleep(0.05)
        return int(row[0])


_BEGUN = """
    SELECT least(clock_timestamp(), (SELECT min(xact_start) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid())),
           pg_has_role(current_user, 'pg_read_all_stats', 'usage') OR (SELECT rolsuper FROM pg_roles WHERE rolname = current_user),
           current_setting('TimeZone')"""


def settled_time(url: str, table: str, column: str) -> tuple[str, int]:
    """(type of the column, microseconds since 1970 before which nothing can still be written with a time stamp of its transaction).

    Raises ValueError where the column is no time stamp.
    """
    with psycopg.connect(url, autocommit=True, connect_timeout=10) as line:
        named = sql.SQL(".").join(map(sql.Identifier, table.split("."))).as_string(line)
        told = "SELECT atttypid::regtype::text FROM pg_attribute WHERE attrelid = %s::regclass AND attname = %s AND NOT attisdropped"
        row = line.execute(told, [named, column]).fetchone()
        kind = {"timestamp with time zone": "timestamptz", "timestamp without time zone": "timestamp"}.get(row[0] if row else "", "")
        if not kind:
            raise ValueError(f"{column} is not a time stamp")
        found = line.execute(_BEGUN).fetchone()
        edge, seen = (found[0], found[1]) if found else (datetime.now(UTC), False)
        if not seen:
            edge -= SETTLED
        if kind == "timestamp":  # written in the zone of the department's sessions
            local = line.execute("SELECT extract(epoch FROM %s::timestamptz::timestamp)", [edge]).fetchone()
            return kind, int((local[0] if local else 0) * 1_000_000)
        return kind, int(edge.timestamp() * 1_000_000)
