"""Reading syslog: RFC 5424 lines, the older BSD form (RFC 3164) as far as it is regular, and RFC 6587 framing on TCP.

Pure and linear in the length of what is read; whatever is not understood is kept as words, never refused: an attacker
must not be able to hide by writing badly.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime

LONGEST = 8192  # RFC 5424 section 6.1: receivers should take 2048 octets and may take more
_NIL = "-"


@dataclass(frozen=True, slots=True)
class Message:
    """`severity` and `facility` as in RFC 5424 table 1 and 2; `at` is None where the line had no time that can be read."""

    facility: int
    severity: int
    at: datetime | None
    host: str
    app: str
    process: str
    kind: str
    data: dict[str, dict[str, str]] = field(default_factory=dict)
    words: str = ""


def parse(line: str) -> Message:
    """One message; a line that is none comes back as words with severity 5 (notice), facility 1 (user)."""
    line = line[:LONGEST].strip("\r\n\x00 ")
    priority, rest = _priority(line)
    if priority is None:
        return Message(1, 5, None, "", "", "", "", {}, line)
    facility, severity = divmod(priority, 8)
    if rest.startswith("1 "):
        return _modern(facility, severity, rest[2:])
    return _old(facility, severity, rest)


def _priority(line: str) -> tuple[int | None, str]:
    end = line.find(">", 1, 5)
    digits = line[1:end] if line.startswith("<") and end > 1 else ""
    if not (digits.isascii() and digits.isdigit()) or int(digits) > 191:
        return None, line
    return int(digits), line[end + 1 :]


def _modern(facility: int, severity: int, rest: str) -> Message:
    head = rest.split(" ", 5)
    if len(head) < 6:
        return Message(facility, severity, None, "", "", "", "", {}, rest)
    at, host, app, process, kind = (("" if part == _NIL else part) for part in head[:5])
    data, words = _structured(head[5])
    return Message(facility, severity, _moment(at), host[:255], app[:48], process[:128], kind[:32], data, words.removeprefix("\ufeff"))


def _structured(rest: str) -> tuple[dict[str, dict[str, str]], str]:
    """Structured data, then the words; what does not close properly is taken as words."""
    if rest == _NIL or rest.startswith("- "):
        return {}, rest[2:]
    found: dict[str, dict[str, str]] = {}
    place = 0
    while place < len(rest) and rest[place] == "[":
        element = _element(rest, place)
        if element is None:
            return found, rest[place:]
        name, values, place = element
        found.setdefault(name, {}).update(values)
    return found, rest[place:].removeprefix(" ")


def _element(text: str, place: int) -> tuple[str, dict[str, str], int] | None:
    """`[id name="value" …]` from `place`: its identifier, its values, where it ends."""
    place += 1
    name, place = _until(text, place, " ]")
    values: dict[str, str] = {}
    while place < len(text) and text[place] == " ":
        key, place = _until(text, place + 1, "=")
        if text[place : place + 2] != '="':
            return None
        value, after = _quoted(text, place + 2)
        if value is None:
            return None
        values[key], place = value, after
    return (name, values, place + 1) if name and place < len(text) and text[place] == "]" else None


def _until(text: str, place: int, ends: str) -> tuple[str, int]:
    end = place
    while end < len(text) and text[end] not in ends:
        end += 1
    return text[place:end], end


def _quoted(text: str, place: int) -> tuple[str | None, int]:
    """A value up to its closing quote, with the three escapes of section 6.3.3 undone."""
    told: list[str] = []
    while place < len(text):
        if text[place] == '"':
            return "".join(told), place + 1
        if text[place] == "\\" and text[place + 1 : place + 2] in ('"', "\\", "]"):
            place += 1
        told.append(text[place])
        place += 1
    return None, place


def _old(facility: int, severity: int, rest: str) -> Message:
    """RFC 3164: "Mmm dd hh:mm:ss host app[pid]: words"; its time has no year and no zone, so the receiver's is used."""
    words = rest
    if len(rest) > 16 and rest[15] == " " and rest[9:15].count(":") == 2:
        host, _space, words = rest[16:].partition(" ")
    else:
        host = ""
    tag, colon, said = words.partition(":")
    if not colon or " " in tag or len(tag) > 48:
        return Message(facility, severity, None, host, "", "", "", {}, words)
    app, _bracket, process = tag.partition("[")
    return Message(facility, severity, None, host[:255], app, process.rstrip("]"), "", {}, said.strip())


def _moment(told: str) -> datetime | None:
    if not told or "T" not in told:
        return None
    try:
        at = datetime.fromisoformat(told)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


class Framing:
    """Messages out of a TCP stream: octet counting ("42 <…") or a line each (RFC 6587 section 3.4)."""

    def __init__(self) -> None:
        self.held = b""

    def feed(self, octets: bytes) -> list[str]:
        """The messages that are complete after these octets; a frame that claims too much is cut at the longest."""
        self.held += octets
        found: list[str] = []
        while self.held:
            one, rest = self._next()
            if one is None:
                break
            self.held = rest
            told = one.decode("utf-8", "replace").strip("\r\n\x00 ")
            if told:
                found.append(told)
        return found

    def _next(self) -> tuple[bytes | None, bytes]:
        if self.held[:1].isdigit():
            count, space, rest = self.held[:7].partition(b" ")
            if space and count.isdigit():
                size, start = min(int(count), LONGEST), len(count) + 1
                return (self.held[start : start + size], self.held[start + size :]) if len(self.held) >= start + size else (None, self.held)
            if len(self.held) < 7:
                return None, self.held
        line, end, rest = self.held.partition(b"\n")
        if end:
            return line, rest
        return (self.held[:LONGEST], self.held[LONGEST:]) if len(self.held) > LONGEST else (None, self.held)
