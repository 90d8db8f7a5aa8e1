"""Write the network as an ONNX file, and run the file without this package.

python examples/export_to_onnx.py
"""

# Needs: pip install 'lenet5[onnx]'
import onnxruntime

import lenet5
from lenet5 import datasets
from lenet5.formats import onnx

checked = onnx.write("lenet5.onnx", lenet5.load("lenet5"))
print(f"{checked.pictures} pictures have the same class; penalties are at most {checked.largest:.1e} apart")

session = onnxruntime.InferenceSession("lenet5.onnx", providers=["CPUExecutionProvider"])
digits = datasets.load("drawn", "test", count=5)  # uint8 (5, 28, 28), 0 for paper to 255 for ink
classes, probabilities = session.run(["class", "probabilities"], {"pictures": digits.images})
for digit, answer, row in zip(digits.labels, classes, probabilities, strict=True):
    print(f"a {digit} is read as {answer}, sure to {row[answer]:.2f}")
