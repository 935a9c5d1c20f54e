"""SM3, SM4-GCM and SM2 through our interface, beside the same library called bare, in turns within one run."""

import hashlib
import os
import re
import shutil
import statistics
import subprocess
import time

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from bench.harness import main
from tongban.lib import sm

SECONDS, ROUNDS = 0.5, 7
MEGABYTE = os.urandom(1 << 20)


def rate(work):
    """Calls per second."""
    work()
    began, calls = time.perf_counter(), 0
    while time.perf_counter() - began < SECONDS:
        work()
        calls += 1
    return calls / (time.perf_counter() - began)


def beside(ours, bare):
    """(ours, bare, ratio): medians of rounds taken in turns, so that a busy neighbour slows both."""
    pairs = [(rate(ours), rate(bare)) for _n in range(ROUNDS)]
    return statistics.median(a for a, _b in pairs), statistics.median(b for _a, b in pairs), statistics.median(a / b for a, b in pairs)


def bare_gcm():
    machine = Cipher(algorithms.SM4(b"0123456789abcdef"), modes.GCM(os.urandom(12))).encryptor()
    return machine.update(MEGABYTE) + machine.finalize()


def openssl():
    """libcrypto's own figures for SM2 (signatures/s, verifications/s): `openssl speed`, which also works on one core."""
    program = shutil.which("openssl")
    if program is None:
        return None
    told = subprocess.run([program, "speed", "-seconds", "1", "sm2"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"CurveSM2\)\s+\S+\s+\S+\s+([\d.]+)\s+([\d.]+)", told)
    return (float(found[1]), float(found[2])) if found else None


def signatures(say):
    """Rounds of ours and of `openssl speed` in turns; without the program the ratio is left out, and said so."""
    key, message = sm.SigningKey.generate(), b"x" * 200
    signature = key.sign(message)
    rounds = []
    for _n in range(7):
        ours = rate(lambda: key.sign(message)), rate(lambda: sm.verify(key.public, message, signature))
        rounds.append((ours, openssl()))
    sign, check = (statistics.median(r[0][i] for r in rounds) for i in (0, 1))
    if any(r[1] is None for r in rounds) or not sm.provider().startswith("OpenSSL"):
        say(f"SM2 by {sm.provider()}: nothing to compare with on this machine")
        return sign, check, None, None
    return sign, check, *(statistics.median(r[0][i] / r[1][i] for r in rounds) for i in (0, 1))


def measure(say):
    digest = beside(lambda: sm.sm3(MEGABYTE), lambda: hashlib.new("sm3", MEGABYTE).digest())
    say(f"SM3 {digest[0]:.0f} MiB/s beside {digest[1]:.0f}")
    sealing = beside(lambda: sm.seal(b"0123456789abcdef", MEGABYTE), bare_gcm)
    say(f"SM4-GCM {sealing[0]:.0f} MiB/s beside {sealing[1]:.0f}")
    sign, check, sign_ratio, check_ratio = signatures(say)
    say(f"SM2 {sign:.0f} signatures/s, {check:.0f} verifications/s, by {sm.provider()}")
    ratios = {"sm3": digest[2], "sm4_gcm": sealing[2], "sm2_sign": sign_ratio, "sm2_verify": check_ratio}
    known = {name: round(value, 3) for name, value in ratios.items() if value is not None}
    return {
        "value": min(known.values()), "unit": "of the library's own rate, the least of all", "limit": 0.9, "ratio": round(min(known.values()) / 0.9, 3),
        "detail": {
            "ratios": known, "sm3_mib_s": round(digest[0]), "sm4_gcm_mib_s": round(sealing[0]), "sm2_sign_s": round(sign), "sm2_verify_s": round(check),
            "provider": sm.provider(),
        },
    }  # fmt: skip


if __name__ == "__main__":
    main("sm", measure)
