"""The groups of the operator's command ``podium-server``."""
