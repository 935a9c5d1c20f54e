"""Reading the ledger, proving entries, verifying it whole."""

from tongban.kernel.ledger.queries.acts import Act, acted_since, acts, acts_about, subjects_since, witnessed
from tongban.kernel.ledger.queries.tree import checkpoint, consistency, inclusion, latest, proof, proof_of_entry, root_at
from tongban.kernel.ledger.queries.verdict import Verdict, verify

__all__ = [
    "Act", "Verdict", "acted_since", "acts", "acts_about", "checkpoint", "consistency", "inclusion", "latest", "proof",
    "proof_of_entry", "root_at", "subjects_since", "verify", "witnessed",
]  # fmt: skip
