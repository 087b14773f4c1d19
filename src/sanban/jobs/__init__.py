"""Work that runs by itself: timers that fire, reactions that follow, due times computed again."""
