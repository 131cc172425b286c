"""The tests of Podium, one mirrored tree."""
