"""K2: alerts that become tickets of a PSA: one for each opening of an alert, closed with it, never a second one."""
