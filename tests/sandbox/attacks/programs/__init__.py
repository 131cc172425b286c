"""Programs that attack. They run inside a sandbox: standard library and each other only."""
