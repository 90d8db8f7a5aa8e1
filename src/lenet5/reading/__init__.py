"""How does a picture become digits? Picture → ink → pieces → 28×28 → network → reading, one step a file."""
