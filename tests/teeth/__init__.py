"""One patch per guard that our tests must miss when it is gone."""
