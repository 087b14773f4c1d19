"""Figures as files: what they may speak of (`vocabulary`), what one says (`definition`), how it is read (`loading`)."""
