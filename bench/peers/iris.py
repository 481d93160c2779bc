"""Fits logistic regression on the iris data set that scikit-learn ships and writes it as ONNX: iris.py FILE."""

import sys

import numpy as np
from skl2onnx import to_onnx
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

features, species = load_iris(return_X_y=True)
model = LogisticRegression(max_iter=1000).fit(features, species)
graph = to_onnx(model, features[:1].astype(np.float32), options={"zipmap": False}, target_opset=17)
with open(sys.argv[1], "wb") as file:
    file.write(graph.SerializeToString())
