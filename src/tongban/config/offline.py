"""`tongban verify FILE`: judge a proof file with nothing but the file and, better, the log's key got elsewhere."""

import json
from collections.abc import Callable
from pathlib import Path

from tongban.lib.tlog import proofs


def verify(file: Path, key: str, say: Callable[[str], None]) -> int:
    """Print what the file proves; 0 when it holds, 1 when not, 2 when it cannot be read."""
    try:
        trusted = bytes.fromhex(key)
        judged = proofs.judge(file.read_bytes(), trusted)
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
    entry = judged.entry
    say("证明成立 / the proof holds")
    say(f"  时间 at         {entry['at']}")
    say(f"  何人 who        {entry['actor_name']}　{entry['organ_name']}")
    say(f"  何事 what       {entry['tag']}　{entry['subject']}")
    say(f"  依据 authority  {entry['authority']}")
    say(f"  内容 body       {json.dumps(entry['body'], ensure_ascii=False)}")
    say(f"  位置 place      {judged.index} / {judged.size}　{judged.origin}　{judged.at}")
    say(f"  见证 witnesses  {'、'.join(judged.witnesses) or '无 / none'}")
    say(f"  公钥指纹 key    {judged.fingerprint}{'' if key else '　请与日志公布的指纹核对 / compare it with the one that the log publishes'}")
    return 0
