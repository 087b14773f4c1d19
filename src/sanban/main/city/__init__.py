"""The city's platform put together: its terms, the way to it, what it says to cases, and the commands."""
