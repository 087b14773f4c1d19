"""What a file is, by its content alone: the few types that are taken, and why any other is not.

A name's ending is compared, never believed. Each type is walked as far as its structure says, so that a file that is
two things at once is found: a picture with an archive behind it, a sound that is a page as well. Pictures are encoded
anew afterwards (`pictures.py`); sounds and documents stay what they were sent as, so they are looked at more closely.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from sanban.kernel.errors import Refused

MOST_BYTES = 10 * 1024 * 1024
"""The largest file that is taken (limit of this product)."""

NOT_TAKEN = Refused(
    "type_not_taken",
    "photos (JPEG, PNG, WebP), PDF and sound (MP3, WAV, Ogg, AMR) are taken; this is none of them",
    "photo.jpg",
)
MISMATCH = Refused("name_mismatch", "the name says another type than the content is", "photo.jpg for a JPEG photo")
POLYGLOT = Refused("two_types", "the file is more than one thing at once", "save the photo anew and send that")
ACTIVE = Refused("active_content", "the document holds programs, files or is encrypted", "print it to a PDF of its own")
TOO_LARGE = Refused("file_too_large", f"a file has at most {MOST_BYTES // 1024 // 1024} MB", "a smaller photo")
EMPTY = Refused("file_empty", "the file is empty", "choose it again")

_ENDINGS = {
    "image/jpeg": {"jpg", "jpeg", "jfif"},
    "image/png": {"png"},
    "image/webp": {"webp"},
    "application/pdf": {"pdf"},
    "audio/mpeg": {"mp3"},
    "audio/wav": {"wav"},
    "audio/ogg": {"ogg", "oga", "opus"},
    "audio/amr": {"amr"},
}
MEDIA_TYPES = frozenset(_ENDINGS)
PICTURES = frozenset({"image/jpeg", "image/png", "image/webp"})

_ARCHIVE_END = b"PK\x05\x06"
_ARCHIVE_TAIL = 65_557
_PAGE = re.compile(rb"<\s*(!doctype|html|script|svg|\?php|\?xml)", re.IGNORECASE)
_PDF_ACTIVE = re.compile(rb"/(JavaScript|JS|Launch|EmbeddedFiles?|RichMedia|Encrypt)(?![A-Za-z])")
_PDF_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_AMR_SIZES = (13, 14, 16, 18, 20, 21, 27, 32, 6, 1, 1, 1, 1, 1, 1, 1)
_MP3_RATES = (44100, 48000, 32000)
_MP3_KBPS = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_MP3_KBPS_LOW = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_FRAMES_WANTED = 3


class Sniffed(msgspec.Struct, frozen=True):
    """What the content is."""

    media_type: str

    @property
    def is_picture(self) -> bool:
        return self.media_type in PICTURES


def sniff(name: str, content: bytes) -> Sniffed | Refused:
    """The type of a file, or why it is not taken."""
    if not content:
        return EMPTY
    if len(content) > MOST_BYTES:
        return TOO_LARGE
    media_type = next((kind for kind, is_it in _KINDS.items() if is_it(content)), None)
    if media_type is None:
        return NOT_TAKEN
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    if ending and ending not in _ENDINGS[media_type]:
        return MISMATCH
    return _second_nature(media_type, content) or Sniffed(media_type)


def _second_nature(media_type: str, content: bytes) -> Refused | None:
    """Whether it is something else as well."""
    if _is_archive(content):
        return POLYGLOT
    if media_type == "application/pdf":
        plain = _PDF_ESCAPE.sub(lambda found: bytes.fromhex(found[1].decode()), content)
        return ACTIVE if _PDF_ACTIVE.search(plain) else None
    head = content[:1024]
    return POLYGLOT if b"%PDF-" in head or _PAGE.search(head) else None


def _is_archive(content: bytes) -> bool:
    """Whether a ZIP ends where the file ends: its last record says how long the comment behind it is."""
    tail = content[-_ARCHIVE_TAIL:]
    at = tail.rfind(_ARCHIVE_END)
    while at >= 0:
        if len(tail) - at >= 22 and at + 22 + int.from_bytes(tail[at + 20 : at + 22], "little") <= len(tail):
            return True
        at = tail.rfind(_ARCHIVE_END, 0, at)
    return False


def _is_jpeg(content: bytes) -> bool:
    return content[:3] == b"\xff\xd8\xff"


def _is_png(content: bytes) -> bool:
    return content[:8] == b"\x89PNG\r\n\x1a\n" and content[12:16] == b"IHDR"


def _is_webp(content: bytes) -> bool:
    return content[:4] == b"RIFF" and content[8:15] == b"WEBPVP8"


def _is_pdf(content: bytes) -> bool:
    """The head at the first byte, the end within the last few: nothing in front, nothing behind."""
    end = content.rstrip(b"\r\n \x00").endswith(b"%%EOF")
    return re.match(rb"%PDF-[12]\.[0-9]", content) is not None and end


def _is_wav(content: bytes) -> bool:
    length = int.from_bytes(content[4:8], "little") + 8
    return content[:4] == b"RIFF" and content[8:16] == b"WAVEfmt " and length in (len(content), len(content) - 1)


def _is_ogg(content: bytes) -> bool:
    """Page after page to the last byte."""
    at = 0
    while content[at : at + 5] == b"OggS\x00" and at + 27 <= len(content):
        segments = content[at + 27 : at + 27 + content[at + 26]]
        at += 27 + len(segments) + sum(segments)
        if at == len(content):
            return True
    return False


def _is_amr(content: bytes) -> bool:
    """Frame after frame to the last byte. Source: RFC 4867, section 5."""
    head = b"#!AMR\n"
    at = len(head) if content.startswith(head) else len(content) + 1
    while at < len(content):
        at += _AMR_SIZES[content[at] >> 3 & 0x0F]
    return at == len(content) and at > len(head)


def _is_mp3(content: bytes) -> bool:
    """After a tag, if there is one, three frames in a row, each where the one before says."""
    at = 0
    if content[:3] == b"ID3" and len(content) > 10:
        at = 10 + sum((content[6 + place] & 0x7F) << 7 * (3 - place) for place in range(4))
    for _ in range(_FRAMES_WANTED):
        length = _mp3_frame(content[at : at + 4])
        if not length or at + length > len(content):
            return False
        at += length
    return True


def _mp3_frame(head: bytes) -> int:
    """Length in bytes of a frame of layer III; 0 for what is none. Source: ISO/IEC 11172-3 and 13818-3."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return 0
    version, kbps_at, rate_at = head[1] >> 3 & 3, head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or kbps_at in (0, 15) or rate_at == 3:
        return 0
    full = version == 3
    rate = _MP3_RATES[rate_at] // (1 if full else 2 if version == 2 else 4)
    kbps = (_MP3_KBPS if full else _MP3_KBPS_LOW)[kbps_at]
    return (144_000 if full else 72_000) * kbps // rate + (head[2] >> 1 & 1)


_KINDS: dict[str, Callable[[bytes], bool]] = {
    "image/jpeg": _is_jpeg,
    "image/png": _is_png,
    "image/webp": _is_webp,
    "application/pdf": _is_pdf,
    "audio/wav": _is_wav,
    "audio/ogg": _is_ogg,
    "audio/amr": _is_amr,
    "audio/mpeg": _is_mp3,
}
