"""The server: a page where LeNet-5 explains itself, and an API for programs."""
