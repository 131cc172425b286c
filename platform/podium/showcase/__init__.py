"""What others see of teams and people."""
