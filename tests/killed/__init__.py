"""The host is killed at every named point of a night that writes to HaloPSA or Autotask: a command of its own."""
