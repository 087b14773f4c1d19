"""The viewer's mark in a sound: a comment that every player shows among its properties and none plays.

An MP3 gets one tag in the place of whatever tag it came with, a WAV a list of properties behind its sound. Source: ID3
tag version 2.4.0, sections 3.1 and 4.10; Multimedia Programming Interface 1.0 (RIFF), chapter 2. Ogg and AMR have no
place that could be written without making the sound anew.
"""

from __future__ import annotations

_TAG, _FOOTER = 10, 0x10
"""Bytes of a tag's head, and the sign that as many stand behind it."""


def marked_mp3(content: bytes, mark: str) -> bytes:
    """The sound with one tag, whose only frame is the mark."""
    text = b"\x03zho\x00" + mark.encode()
    frame = b"COMM" + _safe(len(text)) + b"\x00\x00" + text
    return b"ID3\x04\x00\x00" + _safe(len(frame)) + frame + content[_tag_length(content) :]


def marked_wav(content: bytes, mark: str) -> bytes:
    """The sound with a list of properties behind it, and the length that the file has now."""
    text = mark.encode() + b"\x00"
    info = b"INFOICMT" + len(text).to_bytes(4, "little") + text + b"\x00" * (len(text) % 2)
    listed = b"LIST" + len(info).to_bytes(4, "little") + info
    body = content[8:] + b"\x00" * (len(content) % 2) + listed
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def _tag_length(content: bytes) -> int:
    if content[:3] != b"ID3" or len(content) < _TAG:
        return 0
    size = sum((content[6 + place] & 0x7F) << 7 * (3 - place) for place in range(4))
    return _TAG + size + (_TAG if content[5] & _FOOTER else 0)


def _safe(length: int) -> bytes:
    """Four bytes of seven bits each."""
    return bytes(length >> 7 * (3 - place) & 0x7F for place in range(4))
