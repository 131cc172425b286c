"""What every feature stands on: database, storage, queue, clock, errors, web."""
