"""Random nights on which processes are ended, checked against what the vendors themselves have."""
