"""Whether anything has been written since a flow last looked, asked over one line held open to each database.

A flow that has nothing to do is looked after every second. A whole look opens four lines, sets up what a target needs and asks the broker; this one
asks a single short question. It may say "something" when there is nothing, never the other way round: where a question cannot promise that, there is
no mark, and the flow looks as a whole.
"""

import asyncio
from collections import defaultdict

import psycopg
from psycopg import sql

NUMBER, LOG = "number", "log"
PATIENCE = 10  # seconds for an answer
# Whatever is committed moves it; what other databases of the server write does too.
_WRITTEN = sql.SQL("SELECT pg_current_wal_flush_lsn()::text").format()


class Marks:
    """Of databases by their address."""

    def __init__(self) -> None:
        self._lines: dict[str, psycopg.AsyncConnection] = {}
        self._alone: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def mark(self, address: str, how: str, table: str = "", column: str = "") -> str | None:
        """Changes with every change that a flow could send: the highest number of a table (NUMBER), how far the log has come (LOG). None: look as a whole.

        A number is taken before its transaction ends; the highest one is therefore not below one that is still to come only once a whole look, which waits
        for those who write, has found nothing beyond it. So a mark counts from before such a look.
        """
        asked = _WRITTEN
        if how == NUMBER:
            asked = sql.SQL("SELECT max({})::text FROM {}").format(sql.Identifier(column), sql.SQL(".").join(map(sql.Identifier, table.split("."))))
        async with self._alone[address]:
            try:
                line = self._lines.get(address)
                if line is None or line.closed:
                    line = self._lines[address] = await psycopg.AsyncConnection.connect(address, autocommit=True, connect_timeout=PATIENCE)
                async with asyncio.timeout(PATIENCE):
                    row = await (await line.execute(asked)).fetchone()
            except (psycopg.Error, TimeoutError):
                await self._forget(address)
                return None
        return str(row[0]) if row else None

    async def keep(self, addresses: set[str]) -> None:
        """Close the lines to all others: no flow follows them any more."""
        for address in self._lines.keys() - addresses:
            async with self._alone[address]:
                await self._forget(address)
            del self._alone[address]

    async def _forget(self, address: str) -> None:
        """Close the line; the next question opens another one."""
        line = self._lines.pop(address, None)
        if line is not None:
            await line.close()
