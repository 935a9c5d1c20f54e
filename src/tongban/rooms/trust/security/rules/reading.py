"""Understanding what other systems log. Pure; words are rows of `data/security/extractors.csv`."""

from collections.abc import Sequence
from dataclasses import dataclass

# RFC 5424 table 2 (0 emergency to 7 debug) on our scale of 0 to 10
SYSLOG_SEVERITY = (10, 9, 8, 6, 4, 2, 1, 0)


@dataclass(frozen=True, slots=True)
class Extractor:
    """How one program words one thing: what its message contains, after which word a name and an address stand."""

    app: str
    contains: str
    kind: str
    name_after: str
    address_after: str


@dataclass(frozen=True, slots=True)
class Found:
    kind: str
    name: str = ""
    address: str = ""


def extract(app: str, words: str, known: Sequence[Extractor]) -> Found:
    """The first that fits; plain "syslog" where none does. Linear in the length of the words."""
    for one in known:
        if one.app == app and one.contains in words:
            return Found(one.kind, _after(words, one.name_after), _after(words, one.address_after).rstrip(",;:"))
    return Found("syslog")


def _after(words: str, mark: str) -> str:
    """The word that follows `mark`; after "user=" directly, after "from" with a space."""
    if not mark:
        return ""
    parts = words.split()
    for place, part in enumerate(parts):
        if mark.endswith("=") and part.startswith(mark):
            return part[len(mark) :]
        if part == mark and place + 1 < len(parts):
            return parts[place + 1]
    return ""
