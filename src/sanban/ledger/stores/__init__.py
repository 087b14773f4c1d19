"""The two stores behind one protocol: SQLite (embedded) and PostgreSQL (production)."""
