"""Commands that say who may come in: officers and their tokens, programs that file, systems that hear of events."""
