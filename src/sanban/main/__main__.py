"""`python -m sanban.main` is the `sanban` command."""

from __future__ import annotations

from sanban.main import main

main()
