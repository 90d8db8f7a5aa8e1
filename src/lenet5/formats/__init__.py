"""Files that hold a network: safetensors, ONNX, PyTorch, scikit-learn, C."""
