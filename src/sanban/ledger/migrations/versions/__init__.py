"""One module a migration, in order of their numbers; each says what it changes and never takes it back."""
