"""The doctor: whether an installation and an account are well, each thing with a sentence and the cure."""
