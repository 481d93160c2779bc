"""What autologging of scikit-learn, LightGBM and XGBoost sends."""

import sys

import lightgbm
import mlflow
import numpy as np
import xgboost
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

from checks import holds, same
from mlflow_here import TAG, client, started


def autolog_and_registry():
    mlflow.set_experiment(f"sklearn-{TAG}")
    name = f"iris-{TAG}"
    x, y = load_iris(return_X_y=True, as_frame=True)
    mlflow.sklearn.autolog(registered_model_name=name)
    try:
        with mlflow.start_run() as run:
            model = LogisticRegression(max_iter=200).fit(x, y)
    finally:
        mlflow.sklearn.autolog(disable=True)
    read = client.get_run(run.info.run_id)
    holds("training_accuracy_score" in read.data.metrics, f"autolog logs metrics: {read.data.metrics}")
    same(read.data.params["max_iter"], "200")
    holds(len(read.inputs.dataset_inputs) == 1, "autolog logs the dataset")
    client.set_registered_model_alias(name, "champion", "1")
    loaded = mlflow.pyfunc.load_model(f"models:/{name}@champion")
    same(list(loaded.predict(x)), list(model.predict(x)))
    version = client.get_model_version_by_alias(name, "champion")
    same((version.version if isinstance(version.version, str) else str(version.version)), "1")
    same(version.run_id, run.info.run_id)
    holds(len(mlflow.sklearn.load_model(f"models:/{name}/1").coef_) == 3, "the native flavour loads too")
    holds(len(mlflow.pyfunc.load_model(f"models:/{name}/latest").predict(x)) == len(x), "latest loads")


def searched():
    """A grid search logs a parent with its best children."""
    experiment = mlflow.set_experiment(f"grid-{TAG}").experiment_id
    x, y = load_iris(return_X_y=True)
    mlflow.sklearn.autolog(max_tuning_runs=3, log_models=False)
    try:
        with mlflow.start_run() as run:
            GridSearchCV(LogisticRegression(max_iter=300), {"C": [0.1, 1, 10, 100]}, cv=2).fit(x, y)
    finally:
        mlflow.sklearn.autolog(disable=True)
    holds("best_cv_score" in client.get_run(run.info.run_id).data.metrics, "the best score is the parent's")
    children = client.search_runs([experiment], f"tags.mlflow.parentRunId = '{run.info.run_id}'")
    same(len(children), 3)
    holds(all("mean_test_score" in c.data.metrics for c in children), "each child has its score")


def boosted(flavour, library, train, model_of):
    """One of the boosting libraries: metrics of each round, parameters, the model, what mattered."""
    def check():
        mlflow.set_experiment(f"{library}-{TAG}")
        name = f"{library}-{TAG}"
        x, y = load_breast_cancer(return_X_y=True, as_frame=True)
        flavour().autolog(registered_model_name=name)
        try:
            with mlflow.start_run() as run:
                model = train(x, y)
        finally:
            flavour().autolog(disable=True)
        read = client.get_run(run.info.run_id)
        metric = next(m for m in read.data.metrics if "logloss" in m)
        same([m.step for m in client.get_metric_history(run.info.run_id, metric)], list(range(12)))
        holds(read.data.params, "parameters are logged")
        files = [f.path for f in client.list_artifacts(run.info.run_id)]
        holds(any("feature_importance" in f for f in files), files)
        client.set_registered_model_alias(name, "champion", 1)
        loaded = mlflow.pyfunc.load_model(f"models:/{name}@champion")
        np.testing.assert_allclose(loaded.predict(x), model_of(model, x), rtol=1e-6)
    return check


def lightgbm_rounds(x, y):
    data = lightgbm.Dataset(x, y)
    return lightgbm.train({"objective": "binary", "metric": "binary_logloss", "verbose": -1}, data, 12, valid_sets=[data])


def xgboost_rounds(x, y):
    data = xgboost.DMatrix(x, y)
    return xgboost.train({"objective": "binary:logistic", "max_depth": 3}, data, 12, evals=[(data, "train")])


def main():
    checks = started("autolog")
    checks.run("scikit-learn autologs, registers, and loads by alias", autolog_and_registry)
    checks.run("a grid search logs a parent and children", searched)
    checks.run("LightGBM", boosted(lambda: mlflow.lightgbm, "lightgbm", lightgbm_rounds, lambda m, x: m.predict(x)))
    checks.run("XGBoost", boosted(lambda: mlflow.xgboost, "xgboost", xgboost_rounds, lambda m, x: m.predict(xgboost.DMatrix(x))))
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
