"""The mails about alerts: who is sent what and when, and every word of them."""
