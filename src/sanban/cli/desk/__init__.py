"""Commands of the desk's exchange with others."""
