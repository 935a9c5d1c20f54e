"""`tongban verify FILE`: judge a proof file with nothing but the file and, better, the log's key got elsewhere."""

import json
from collections.abc import Callable
from pathlib import Path

from tongban.lib.bus import proofs as exchange
from tongban.lib.tlog import proofs

Say = Callable[[str], None]


def verify(file: Path, key: str, say: Say) -> int:
    """Print what the file proves; 0 when it holds, 1 when not, 2 when it cannot be read."""
    try:
        trusted = bytes.fromhex(key)
        content = file.read_bytes()
        judged = _judged(content, trusted)
    except OSError as fault:
        say(f"不能读取 {file}：{fault.strerror} / cannot read it")
        return 2
    except proofs.BadProof as fault:
        say(f"这不是完整的证明文件：{fault} / not a whole proof file")
        return 2
    except ValueError:
        say("--key 应为十六进制公钥 / --key is the public key in hexadecimal")
        return 2
    if judged.faults:
        say("证明不成立 / the proof does not hold:")
        for fault in judged.faults:
            say(f"  {fault}")
        return 1
    say("证明成立 / the proof holds")
    if isinstance(judged, exchange.Exchanged):
        _exchanged(judged, say)
    elif isinstance(judged, exchange.Queried):
        _queried(judged, say)
    else:
        _entry(judged, say, trusted=bool(key))
    return 0


def _judged(content: bytes, trusted: bytes) -> exchange.Exchanged | exchange.Queried | proofs.Judged:
    """By what the file says it is."""
    lead = content[:4096]
    if exchange.QUERY.encode() in lead:
        return exchange.judge_query(content)
    return exchange.judge(content, trusted) if exchange.FORMAT.encode() in lead else proofs.judge(content, trusted)


def _queried(judged: exchange.Queried, say: Say) -> None:
    one, answer = judged.question, judged.answer
    say(f"  协议 agreement  {one.agreement}　{judged.title}")
    say(f"  提问 asked      {judged.consumer}　{one.at}　{one.purpose}")
    say(f"  标识 key        {one.key}")
    say(f"  应答 answered   {judged.provider}　{answer.at}　{answer.state}")
    say(f"  内容 values     {json.dumps(answer.values, ensure_ascii=False)}")
    say(f"  公钥指纹 keys   {judged.keys[0]}　{judged.keys[1]}")


def _exchanged(judged: exchange.Exchanged, say: Say) -> None:
    one, receipt = judged.envelope, judged.receipt
    say(f"  协议 agreement  {one.agreement}　{judged.title}")
    say(f"  发送 sent       {judged.provider}　{one.at}")
    say(f"  接收 taken      {judged.consumer}　{receipt.at if receipt else '尚无回执 / no receipt yet'}")
    say(f"  批次 batch      {one.batch}　{one.rows} 行 rows　{one.first}–{one.last}")
    say(f"  摘要 digest     {one.digest}")
    say(f"  公钥指纹 keys   {judged.keys[0]}　{judged.keys[1]}")
    for held in judged.ledger:
        say(f"  账本 ledger     {held.entry['tag']}　{held.index} / {held.size}　{held.origin}　{held.at}")


def _entry(judged: proofs.Judged, say: Say, *, trusted: bool) -> None:
    entry = judged.entry
    say(f"  时间 at         {entry['at']}")
    say(f"  何人 who        {entry['actor_name']}　{entry['organ_name']}")
    say(f"  何事 what       {entry['tag']}　{entry['subject']}")
    say(f"  依据 authority  {entry['authority']}")
    say(f"  内容 body       {json.dumps(entry['body'], ensure_ascii=False)}")
    say(f"  位置 place      {judged.index} / {judged.size}　{judged.origin}　{judged.at}")
    say(f"  见证 witnesses  {'、'.join(judged.witnesses) or '无 / none'}")
    say(f"  公钥指纹 key    {judged.fingerprint}{'' if trusted else '　请与日志公布的指纹核对 / compare it with the one that the log publishes'}")
