"""What organizers do: making, checking, launching and looking after competitions."""
