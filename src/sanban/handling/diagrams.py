"""Diagrams of mechanisms for the pages, drawn by packs from the table that the engine interprets."""

from __future__ import annotations

from sanban.kernel.mechanism import Mechanism
from sanban.kernel.view import Language
from sanban.packs.diagram import svg_of


class DrawnDiagrams:
    """The port `Diagrams`, by Graphviz."""

    def svg(self, mechanism: Mechanism, state: str, language: Language, *, near: bool = False) -> str:
        """The mechanism as SVG with `state` marked. Raises SanbanError where Graphviz is missing."""
        return svg_of(mechanism, language, current=state, near=near)
