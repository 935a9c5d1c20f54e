"""Portraits of nobody: drawn, 358 × 441 points as identity photos are, with SYNTHETIC written across."""

import struct
import zlib

import numpy as np

WIDE, HIGH = 358, 441  # 居民身份证制证用数字相片; general knowledge (GA/T 461), not verified
# Letters of five by seven points, a row a number.
_LETTERS = {
    "S": (15, 16, 16, 14, 1, 1, 30), "Y": (17, 17, 10, 4, 4, 4, 4), "N": (17, 25, 21, 19, 17, 17, 17), "T": (31, 4, 4, 4, 4, 4, 4), "H": (17, 17, 17, 31, 17, 17, 17),
    "E": (31, 16, 16, 30, 16, 16, 31), "I": (14, 4, 4, 4, 4, 4, 14), "C": (14, 17, 16, 16, 16, 17, 14),
}  # fmt: skip


def drawn(number: int) -> bytes:
    """A PNG, the same for the same number."""
    rows, columns = np.mgrid[0:HIGH, 0:WIDE].astype(np.float64)
    image = np.full((HIGH, WIDE, 3), (238, 242, 244), dtype=np.uint8)
    tint = np.random.default_rng(number).integers(0, 60, 3)
    cloth, skin, hair = (60 + tint).astype(np.uint8), np.array((226, 200, 178)) - tint // 3, np.array((52, 46, 44)) + tint // 4
    image[((columns - 179) / 165) ** 2 + ((rows - 470) / 175) ** 2 < 1] = cloth
    image[(abs(columns - 179) < 34) & (rows > 250) & (rows < 330)] = skin
    image[((columns - 179) / 92) ** 2 + ((rows - 176) / 116) ** 2 < 1] = hair
    image[((columns - 179) / 78) ** 2 + ((rows - 196) / 100) ** 2 < 1] = skin
    _write(image, "SYNTHETIC", 386, 44)
    return _png(image)


def _write(image: np.ndarray, words: str, top: int, left: int, size: int = 5) -> None:
    for letter in words:
        for row, bits in enumerate(_LETTERS[letter]):
            for column in range(5):
                if bits >> (4 - column) & 1:
                    image[top + row * size : top + (row + 1) * size, left + column * size : left + (column + 1) * size] = (255, 255, 255)
        left += 6 * size


def _png(image: np.ndarray) -> bytes:
    def part(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    lines = b"".join(b"\0" + row.tobytes() for row in image)
    head = struct.pack(">IIBBBBB", image.shape[1], image.shape[0], 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", zlib.compress(lines, 9)) + part(b"IEND", b"")
