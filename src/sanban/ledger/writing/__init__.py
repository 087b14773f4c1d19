"""The write side: group commit, deciding, the cache of states."""
