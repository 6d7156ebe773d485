"""What a person does to a sandbox: change the world, decide, exclude, send again."""
