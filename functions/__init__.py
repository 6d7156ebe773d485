"""Seatwise as Azure Functions calls it: each module parses, makes one service call, and answers or enqueues."""
