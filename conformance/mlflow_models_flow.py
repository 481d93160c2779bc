"""Logged models of MLflow 3, loading by alias, and evaluation."""

import json
import sys
import tempfile
from pathlib import Path

import mlflow
import pandas as pd
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from checks import holds, same
from mlflow_here import TAG, client, refused, started


def logged_models():
    experiment = mlflow.set_experiment(f"logged-{TAG}").experiment_id
    x, y = load_iris(return_X_y=True)
    with mlflow.start_run() as run:
        info = mlflow.sklearn.log_model(
            LogisticRegression(max_iter=200).fit(x, y), name="flower", input_example=x[:2], params={"depth": "3"})
        mlflow.log_metric("accuracy", 0.97, model_id=info.model_id)
    model = mlflow.get_logged_model(info.model_id)
    same(model.name, "flower")
    same(str(model.status), "READY")
    same(model.source_run_id, run.info.run_id)
    same([m.value for m in model.metrics], [0.97])
    same(model.params["depth"], "3")
    client.set_logged_model_tags(info.model_id, {"stage": "trial"})
    same(mlflow.get_logged_model(info.model_id).tags["stage"], "trial")
    found = mlflow.search_logged_models(
        experiment_ids=[experiment], filter_string="metrics.accuracy > 0.9 AND tags.stage = 'trial'", output_format="list")
    same([m.model_id for m in found], [info.model_id])
    client.delete_logged_model_tag(info.model_id, "stage")
    holds(len(mlflow.pyfunc.load_model(f"models:/{info.model_id}").predict(x)) == len(x), "it loads by its id")
    outputs = client.get_run(run.info.run_id).outputs.model_outputs
    same([o.model_id for o in outputs], [info.model_id])
    registered = mlflow.register_model(f"models:/{info.model_id}", f"flower-{TAG}")
    same(registered.run_id, run.info.run_id)
    finalised = client.create_logged_model(experiment, name="bare")
    client.finalize_logged_model(finalised.model_id, "FAILED")
    same(str(client.get_logged_model(finalised.model_id).status), "FAILED")
    client.delete_logged_model(finalised.model_id)
    refused("RESOURCE_DOES_NOT_EXIST", lambda: client.get_logged_model(finalised.model_id))


def evaluated():
    """mlflow.models.evaluate logs its metrics, its pictures and the dataset that it judged on."""
    mlflow.set_experiment(f"evaluate-{TAG}")
    x, y = load_breast_cancer(return_X_y=True, as_frame=True)
    with mlflow.start_run() as run:
        info = mlflow.sklearn.log_model(make_pipeline(StandardScaler(), LogisticRegression()).fit(x, y), name="cancer", input_example=x[:2])
        result = mlflow.models.evaluate(
            info.model_uri, x.assign(target=y), targets="target", model_type="classifier", evaluators="default",
            evaluator_config={"log_explainer": False})
    read = client.get_run(run.info.run_id)
    holds(read.data.metrics["accuracy_score"] > 0.9, read.data.metrics)
    same(read.data.metrics["roc_auc"], result.metrics["roc_auc"])
    holds(any("confusion_matrix" in f.path for f in client.list_artifacts(run.info.run_id)), "the picture is there")
    same(len(read.inputs.dataset_inputs), 1)
    regression = mlflow.models.evaluate(data=pd.DataFrame({"y": [1.0, 2, 3], "guess": [1.0, 2, 4]}), targets="y", predictions="guess", model_type="regressor")
    same(round(regression.metrics["mean_absolute_error"], 6), round(1 / 3, 6))


def by_alias():
    """An alias is moved, and what loads by it is another version."""
    name = f"alias-{TAG}"
    mlflow.set_experiment(name)
    x, y = load_iris(return_X_y=True)
    for c in (0.5, 2.0):
        with mlflow.start_run():
            mlflow.sklearn.log_model(LogisticRegression(C=c, max_iter=300).fit(x, y), name="flower", registered_model_name=name)
    for version, c in (("1", 0.5), ("2", 2.0)):
        client.set_registered_model_alias(name, "champion", version)
        loaded = mlflow.pyfunc.load_model(f"models:/{name}@champion")
        same(mlflow.sklearn.load_model(f"models:/{name}@champion").C, c)
        same(len(loaded.predict(x)), len(x))
    client.delete_registered_model_alias(name, "champion")
    refused("INVALID_PARAMETER_VALUE", lambda: client.get_model_version_by_alias(name, "champion"))


def own_code():
    """A model that is a Python class, with files of its own and a signature."""
    class Table(mlflow.pyfunc.PythonModel):
        def load_context(self, context):
            with open(context.artifacts["table"], encoding="utf-8") as file:
                self.table = json.load(file)

        def predict(self, context, model_input, params=None):
            return [self.table[k] for k in model_input["key"]]

    mlflow.set_experiment(f"own-{TAG}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.json"
        path.write_text(json.dumps({"a": 1, "b": 2}), encoding="utf-8")
        with mlflow.start_run():
            info = mlflow.pyfunc.log_model(name="table", python_model=Table(), artifacts={"table": str(path)}, registered_model_name=f"own-{TAG}")
    loaded = mlflow.pyfunc.load_model(f"models:/own-{TAG}/1")
    same(list(loaded.predict(pd.DataFrame({"key": ["b", "a"]}))), [2, 1])
    holds(mlflow.models.get_model_info(info.model_uri).model_uuid, "the model's file is readable")


def main():
    checks = started("models")
    checks.run("logged models", logged_models)
    checks.run("mlflow.models.evaluate", evaluated)
    checks.run("an alias moves and the other version loads", by_alias)
    checks.run("a model of one's own code", own_code)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
