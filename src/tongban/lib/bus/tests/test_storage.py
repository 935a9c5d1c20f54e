"""What one organ may store leaves enough for all the others."""

import asyncio

from tongban.lib.bus import accounts, broker


def test_many_organs_hold_streams_side_by_side(broker_server):
    """The server sets aside what accounts and streams may use at most: twelve departments with eight gibibytes each must not be too many."""

    async def open_all():
        system = await broker.connect(broker_server.url, broker.login(broker_server.system, "system"))
        seeds = [accounts.new_seed("account") for _n in range(12)]
        consumer = accounts.public(accounts.new_seed("account"))
        for n, seed in enumerate(seeds):
            told = [accounts.Allowed(f"XY2026-{n:06d}", accounts.public(seed), consumer)]
            await broker.push_claim(system, accounts.account_claim(broker_server.operator, accounts.public(seed), f"organ-{n}", told))
        await system.close()
        for n, seed in enumerate(seeds):
            line = await broker.connect(broker_server.url, broker.login(seed, f"organ-{n}"))
            await broker.open_stream(line, f"XY2026-{n:06d}")
            yield (await line.jetstream().stream_info(accounts.stream_name(f"XY2026-{n:06d}"))).config.max_bytes
            await line.close()

    async def gathered():
        return [most async for most in open_all()]

    assert asyncio.run(gathered()) == [8 * 1024**3] * 12
