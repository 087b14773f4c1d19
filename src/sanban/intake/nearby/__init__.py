"""What anybody may see of what others have asked for: cases of public matters, roughly where, and how they stand."""
