"""Use LeNet-5 as a classifier of scikit-learn with probabilities, here on its own small digits.

python examples/sklearn_pipeline.py
"""

# Needs: pip install 'lenet5[sklearn]'
from sklearn.datasets import load_digits
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from lenet5.sklearn import LeNet5Classifier, MnistNormalizer

X, y = load_digits(return_X_y=True)  # (1797, 64): pictures of 8×8 pixels
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)

model = make_pipeline(MnistNormalizer(), LeNet5Classifier(passes=6, random_state=0))
model.fit(X_train, y_train)
print(f"{100 * model.score(X_test, y_test):.1f} % of {len(y_test)} pictures are right")

probabilities = model.predict_proba(X_test)  # (450, 10)
sure = probabilities.max(axis=1) >= 0.99
right = model.predict(X_test) == y_test
print(f"log loss {log_loss(y_test, probabilities):.2f}")
print(f"{sure.sum()} answers are sure to 0.99, and {100 * right[sure].mean():.1f} % of these are right")

model[-1].network_.save("digits.safetensors")  # an ordinary network, for lenet5.load
