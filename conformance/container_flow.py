"""A scikit-learn model that is not ONNX, served by a Python process behind an endpoint; its next version is released by a canary."""

import json
import os
import sys
import tempfile
import threading
from pathlib import Path

import mlflow
import numpy as np
from sklearn.datasets import load_iris
from sklearn.ensemble import HistGradientBoostingClassifier

from checks import Checks, holds, same
from pilothouse import TAG, apply, infer, outputs, released

NAME = f"flowers-{TAG}"
HERE = Path(__file__).resolve().parent
EXAMPLE = HERE.parent / "examples" / "python-model"
X, Y = load_iris(return_X_y=True)

SERVER = """
import os, pickle, sys
sys.dont_write_bytecode = True
import numpy as np, serve

class Flowers(serve.Model):
    name = "flowers"
    inputs = [{"name": "x", "datatype": "FP64", "shape": [-1, 4]}]
    outputs = [{"name": "species", "datatype": "INT64", "shape": [-1]}, {"name": "probability", "datatype": "FP64", "shape": [-1, 3]}]

    def __init__(self, folder):
        with open(os.path.join(folder, "model.pkl"), "rb") as file:
            self.model = pickle.load(file)

    def predict(self, inputs):
        x = np.array(inputs["x"]).reshape(-1, 4)
        return {"species": self.model.predict(x).tolist(), "probability": self.model.predict_proba(x).ravel().tolist()}

serve.run(Flowers)
"""


def trained(rounds):
    """Logs and registers a model with MLflow's client, as its next version."""
    mlflow.set_experiment(NAME)
    with mlflow.start_run():
        model = HistGradientBoostingClassifier(max_iter=rounds).fit(X, Y)
        mlflow.sklearn.log_model(model, name="flowers", registered_model_name=NAME, serialization_format="cloudpickle")
    return model


def predicted():
    status, answer = infer(NAME, [("x", "FP64", [len(X), 4], X.ravel().tolist())])
    holds(status == 200, answer)
    return answer["model_version"], outputs(answer)


def agrees(model):
    version, answer = predicted()
    same(answer["species"]["data"], model.predict(X).tolist())
    np.testing.assert_allclose(np.array(answer["probability"]["data"]).reshape(len(X), 3), model.predict_proba(X), rtol=1e-9)
    return version


def first(folder):
    model = trained(5)
    Path(folder, "flowers.py").write_text(SERVER, encoding="utf-8")
    apply(NAME, f"container:\n  command: [{sys.executable}, flowers.py, '{{port}}']\n  directory: {folder}\n  model: flowers\n"
                f"  files: {{name: {NAME}}}\n  env: {{PYTHONPATH: {EXAMPLE}}}\n  start-within: 120s",
          "rollout:\n  steps: [25, 50, 100]\n  min-requests: 30\n  errors: {tolerance: 1%, margin: 25%}\n"
          "  slow: {tolerance: 5%, margin: 50%}\n  slow-after: 30s\n")
    release = released(NAME, within=240)
    same(release["state"], "promoted", json.dumps(release)[:1500])
    same(agrees(model), "1")


def canary():
    """While clients ask, the next version takes their traffic step by step; no request is lost and each names its version."""
    model = trained(40)
    stop, versions, failures = threading.Event(), set(), []

    def ask():
        while not stop.is_set():
            status, answer = infer(NAME, [("x", "FP64", [1, 4], X[70].tolist())], parameters={"routing_key": os.urandom(4).hex()})
            if status == 200:
                versions.add(answer["model_version"])
            else:
                failures.append(answer)

    clients = [threading.Thread(target=ask) for _ in range(2)]
    for client in clients:
        client.start()
    try:
        release = released(NAME, 2, within=240)
    finally:
        stop.set()
        for client in clients:
            client.join()
    same(release["state"], "promoted", json.dumps(release)[:1500])
    same(failures, [])
    holds({"1", "2"} <= versions, versions)
    same(agrees(model), "2")


def main():
    checks = Checks("container")
    with tempfile.TemporaryDirectory() as folder:
        checks.run("a scikit-learn model answers as in Python", lambda: first(folder))
        checks.run("its next version takes over by a canary", canary)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
