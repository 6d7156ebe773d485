"""The mail and the page behind its link in a real browser: `make browser`, which needs Chromium."""
