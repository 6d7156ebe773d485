"""Mail: transports behind one base, and delivery that never sends twice and loses nothing."""
