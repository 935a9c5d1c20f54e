"""National cryptography behind one small interface: SM2 (GB/T 32918), SM3 (GB/T 32905), SM4 (GB/T 32907).

No arithmetic of our own: SM3 is hashlib's, SM4 is `cryptography`'s, SM2 is libcrypto's where the machine has it and
GmSSL's where it has not (`sm2.provider()` says which). Every stored value names its algorithm.
"""

from tongban.lib.sm.sm2 import ALGORITHM, SigningKey, agree, decrypt, encrypt, provider, verify
from tongban.lib.sm.sm3 import derive, hasher, sm3, sm3_hex
from tongban.lib.sm.sm4 import Tampered, cbc_close, cbc_open, ctr, seal, unseal

__all__ = [
    "ALGORITHM", "SigningKey", "Tampered", "agree", "cbc_close", "cbc_open", "ctr", "decrypt", "derive", "encrypt", "hasher",
    "provider", "seal", "sm3", "sm3_hex", "unseal", "verify",
]  # fmt: skip
