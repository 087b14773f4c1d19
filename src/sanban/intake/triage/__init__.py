"""Triage: which matters a request is about, which route it takes, and what a person should look at.

    words      a declared directory of keywords: the base, and what answers where nothing was learned
    learned    a trained classifier before it, when one stands in the home

Both suggest; only a person, or a threshold declared in the mechanism, acts.
"""

from sanban.intake.triage.words import AT_MOST, WHOLE, MatterWords, Triage, is_speech

__all__ = ["AT_MOST", "WHOLE", "MatterWords", "Triage", "is_speech"]
