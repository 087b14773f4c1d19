"""Where SQLAlchemy finds a store: its URLs of both kinds."""

from __future__ import annotations

from pathlib import Path


def sqlite_url(path: Path) -> str:
    """SQLAlchemy's URL of a SQLite file."""
    return f"sqlite:///{path.absolute()}"


def postgres_url(url: str) -> str:
    """SQLAlchemy's URL of a PostgreSQL database, through psycopg 3."""
    return url.replace("postgresql://", "postgresql+psycopg://", 1)
