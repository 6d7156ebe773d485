"""The MSP that uses Seatwise: its settings, its companies, and what is due when."""
