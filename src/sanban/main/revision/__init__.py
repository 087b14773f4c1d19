"""The revision loop put together: replays, proposals and what comes into force, over one deployment."""
