"""Bytes of PostgreSQL's write-ahead log: positions, segment files, and the pieces that were shipped of each."""

from dataclasses import dataclass

SEGMENT = 16 * 1024 * 1024
_PER_LOG = 2**32 // SEGMENT


def position(told: str) -> int:
    """A position from its text, "0/16B3748"."""
    high, low = told.split("/")
    return int(high, 16) << 32 | int(low, 16)


def text(at: int) -> str:
    return f"{at >> 32:X}/{at & 0xFFFFFFFF:X}"


def segment_name(timeline: int, at: int) -> str:
    """The file that holds a position: 24 hexadecimal digits."""
    number = at // SEGMENT
    return f"{timeline:08X}{number // _PER_LOG:08X}{number % _PER_LOG:08X}"


def segment_start(name: str) -> int:
    """The first position of a segment file."""
    return (int(name[8:16], 16) * _PER_LOG + int(name[16:24], 16)) * SEGMENT


@dataclass(frozen=True, slots=True, order=True)
class Piece:
    """A shipped part of a segment: [start, end) within the file."""

    segment: str
    start: int
    end: int

    @property
    def name(self) -> str:
        return f"wal/{self.segment}/{self.start:08x}-{self.end:08x}"

    @classmethod
    def of(cls, name: str) -> "Piece":
        """Raises ValueError for other names."""
        _wal, segment, span = name.split("/")
        start, _dash, end = span.partition("-")
        return cls(segment, int(start, 16), int(end, 16))


def unshipped(timeline: int, shipped: int, upto: int) -> list[Piece]:
    """What is to be sent to come from `shipped` to `upto`, at most one piece a segment."""
    pieces = []
    while shipped < upto:
        start = shipped - shipped % SEGMENT
        end = min(start + SEGMENT, upto)
        pieces.append(Piece(segment_name(timeline, shipped), shipped - start, end - start))
        shipped = end
    return pieces


def whole(pieces: list[Piece], first: int, timeline: int) -> tuple[list[list[Piece]], int]:
    """The pieces of each segment from `first` on without a gap, and the position that they reach.

    Of overlapping pieces (a shipper that was killed sends again) the longest that continues is taken.
    """
    by_segment: dict[str, list[Piece]] = {}
    for piece in sorted(pieces):
        by_segment.setdefault(piece.segment, []).append(piece)
    chains: list[list[Piece]] = []
    at = first - first % SEGMENT
    while True:
        chain, reached = [], 0
        for piece in by_segment.get(segment_name(timeline, at), []):
            if piece.start <= reached < piece.end:
                chain.append(piece)
                reached = piece.end
        if not chain:
            return chains, at
        chains.append(chain)
        if reached < SEGMENT:
            return chains, at + reached
        at += SEGMENT
