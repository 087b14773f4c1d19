"""The scorecard put together: what it counts in other slices, its terms, and what the commands do."""
