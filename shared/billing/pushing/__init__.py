"""Writing a plan to a PSA: which agreements, and one agreement under a claim."""
