"""`make bench`: what a night costs, beside what a script and Microsoft's SDK need for the reading half of it."""
