"""Files for other programs, ONNX and a C header, each in floats or in eight bits; and networks from PyTorch's files."""
