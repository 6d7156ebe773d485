"""One PSA, one file: what `base.Psa` asks of it, in its own words and with its own traps."""
