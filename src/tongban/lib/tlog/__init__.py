"""A transparency log's pure part: the tree of RFC 6962 (RFC 9162) over SM3, signed heads, and proofs that are checked offline.

No Django here: whoever holds a proof file and the public key checks it with this package alone.
"""
