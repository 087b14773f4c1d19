"""Figures put together: which streams are laid out as facts, where they are kept, which files say what counts."""
