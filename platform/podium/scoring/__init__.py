"""From a waiting score to a recorded one: dispatch, claim, run, record, sweep, rescore."""
