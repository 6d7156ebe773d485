"""A local host for the Functions app, around the worker library that Azure itself runs."""
