"""The operator's pages, for administrators."""
