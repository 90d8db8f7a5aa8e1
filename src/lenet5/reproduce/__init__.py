"""The paper's experiments made again over seeds, with their spread, beside its own numbers."""
