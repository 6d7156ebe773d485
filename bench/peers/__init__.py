"""What others would write for the reading half of a night: SKUs, subscriptions and users, nothing stored."""
