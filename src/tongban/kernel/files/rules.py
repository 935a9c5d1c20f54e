"""What may be uploaded: decided by the content's first bytes, not by its name. Pure."""

_SIGNATURES = (
    (b"%PDF-", "application/pdf"), (b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"OFD", "application/ofd"), (b"PK\x03\x04", "application/zip"),
)  # fmt: skip
_ENDINGS = {
    "pdf": "application/pdf", "jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png",
    "docx": "application/zip", "xlsx": "application/zip", "ofd": "application/zip",
}  # fmt: skip
LONGEST_NAME = 120
ALLOWED = "PDF、JPG、PNG、DOCX、XLSX、OFD"
MEDIA = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "ofd": "application/ofd",
}  # fmt: skip


def sniff(head: bytes) -> str:
    """The media type that the first bytes show, "" when none of those allowed."""
    return next((media for mark, media in _SIGNATURES if head.startswith(mark)), "")


def picture_ending(head: bytes) -> str:
    """jpg or png for the first bytes of a picture, "" for anything else."""
    return {"image/jpeg": "jpg", "image/png": "png"}.get(sniff(head), "")


def fault(name: str, head: bytes, size: int, limit: int) -> str:
    """ "" when the file may come in, else: empty, too-large, ending, content."""
    if size == 0:
        return "empty"
    if size > limit:
        return "too-large"
    ending = name.rsplit(".", 1)[-1].lower() if "." in name else ""
    if ending not in _ENDINGS:
        return "ending"
    return "" if sniff(head) == _ENDINGS[ending] else "content"


def media_type(name: str, head: bytes) -> str:
    ending = name.rsplit(".", 1)[-1].lower()
    return MEDIA.get(ending) or sniff(head)


def safe_name(name: str) -> str:
    """The last part of a name, without control characters, at most 120 long, its ending kept."""
    base = "".join(c for c in name.replace("\\", "/").rsplit("/", 1)[-1] if c.isprintable()).strip() or "file"
    stem, dot, ending = base.rpartition(".")
    if len(base) <= LONGEST_NAME:
        return base
    return stem[: LONGEST_NAME - 1 - len(ending)] + dot + ending if dot and len(ending) < LONGEST_NAME // 2 else base[:LONGEST_NAME]
