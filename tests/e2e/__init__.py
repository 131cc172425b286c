"""The whole of Podium with real processes, used as its users use it."""
