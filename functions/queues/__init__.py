"""The queue triggers and the timer: a message in, one service call, follow-up messages out."""
