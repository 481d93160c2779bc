"""Experiments and runs with MLflow's fluent and client API."""

import math
import sys
import time

import mlflow
import numpy as np
import pandas as pd
from mlflow.entities import Metric, Param, RunTag

from checks import holds, same
from mlflow_here import TAG, client, refused, started


def experiments():
    name = f"conformance-{TAG}"
    made = client.create_experiment(name, tags={"team": "risk"})
    same(client.get_experiment_by_name(name).experiment_id, made)
    same(client.get_experiment(made).tags["team"], "risk")
    client.set_experiment_tag(made, "stage", "trial")
    found = client.search_experiments(filter_string=f"name LIKE 'conformance-{TAG}%' AND tags.stage = 'trial'")
    same([e.experiment_id for e in found], [made])
    refused("RESOURCE_ALREADY_EXISTS", lambda: client.create_experiment(name))
    client.rename_experiment(made, name + "-renamed")
    same(client.get_experiment(made).name, name + "-renamed")
    client.delete_experiment(made)
    same(client.get_experiment(made).lifecycle_stage, "deleted")
    client.restore_experiment(made)
    same(client.get_experiment("0").name, "Default")


def fluent_run():
    mlflow.set_experiment(f"fluent-{TAG}")
    with mlflow.start_run(run_name="first", tags={"owner": "ada"}) as run:
        mlflow.log_param("depth", 3)
        mlflow.log_params({"rate": 0.1, "kind": "tree"})
        for step in range(5):
            mlflow.log_metric("loss", 1.0 / (step + 1), step=step)
        mlflow.log_metrics({"auc": 0.9, "odd": math.nan, "big": math.inf})
        mlflow.set_tag("note", "hello")
        mlflow.log_dict({"a": [1, 2]}, "config/settings.json")
        mlflow.log_text("words", "notes.txt")
    read = client.get_run(run.info.run_id)
    same(read.info.status, "FINISHED")
    same(read.info.run_name, "first")
    same(read.data.params, {"depth": "3", "rate": "0.1", "kind": "tree"})
    same(read.data.metrics["loss"], 0.2)
    holds(math.isnan(read.data.metrics["odd"]), "NaN comes back as NaN")
    holds(read.data.metrics["big"] > 1e300, "infinity comes back")
    same(read.data.tags["note"], "hello")
    history = client.get_metric_history(run.info.run_id, "loss")
    same([m.step for m in history], [0, 1, 2, 3, 4])
    same(mlflow.artifacts.load_dict(f"runs:/{run.info.run_id}/config/settings.json"), {"a": [1, 2]})
    same({f.path for f in client.list_artifacts(run.info.run_id)}, {"config", "notes.txt"})


def nested_runs():
    mlflow.set_experiment(f"nested-{TAG}")
    with mlflow.start_run() as parent:
        for i in range(3):
            with mlflow.start_run(nested=True):
                mlflow.log_metric("score", i)
    children = mlflow.search_runs(
        filter_string=f"tags.mlflow.parentRunId = '{parent.info.run_id}'", order_by=["metrics.score DESC"])
    same(list(children["metrics.score"]), [2.0, 1.0, 0.0])


def batches():
    experiment = client.create_experiment(f"batch-{TAG}")
    run = client.create_run(experiment).info.run_id
    client.log_batch(
        run,
        metrics=[Metric(f"m{i % 10}", float(i), 1000 + i, i) for i in range(1000 - 20)],
        params=[Param(f"p{i}", str(i)) for i in range(10)],
        tags=[RunTag(f"t{i}", str(i)) for i in range(10)])
    client.log_batch(run, metrics=[Metric("again", 1.0, 5, 0)] * 3)
    same(len(client.get_metric_history(run, "again")), 1, "points sent again")
    same(len(client.get_metric_history(run, "m3")), 98)
    same(client.get_run(run).data.metrics["m9"], 979.0)
    refused("INVALID_PARAMETER_VALUE", lambda: client.log_param(run, "p1", "other"))
    client.log_param(run, "p1", "1")
    client.delete_tag(run, "t1")
    holds("t1" not in client.get_run(run).data.tags, "the tag is gone")
    client.delete_run(run)
    refused("INVALID_PARAMETER_VALUE", lambda: client.log_metric(run, "late", 1.0))
    client.restore_run(run)
    client.update_run(run, status="KILLED", name="renamed")
    same(client.get_run(run).info.status, "KILLED")
    same(client.get_run(run).info.run_name, "renamed")
    refused("RESOURCE_DOES_NOT_EXIST", lambda: client.get_run("0" * 32))


def datasets_input():
    mlflow.set_experiment(f"data-{TAG}")
    frame = pd.DataFrame({"x": [1.0, 2.0], "y": [0, 1]})
    with mlflow.start_run() as run:
        data = mlflow.data.from_pandas(frame, source="https://example.com/payments.csv", name="payments", targets="y")
        mlflow.log_input(data, context="training", tags={"quality": "gold"})
    inputs = client.get_run(run.info.run_id).inputs.dataset_inputs
    same(inputs[0].dataset.name, "payments")
    same({t.key: t.value for t in inputs[0].tags}["mlflow.data.context"], "training")
    found = mlflow.search_runs(filter_string="datasets.name = 'payments' AND dataset.context = 'training'")
    same(list(found.run_id), [run.info.run_id])


def unknown_endpoints():
    from mlflow.utils.credentials import get_default_host_creds
    from mlflow.utils.rest_utils import http_request

    response = http_request(get_default_host_creds(mlflow.get_tracking_uri()), "/api/2.0/mlflow/no-such-thing", "GET")
    same(response.status_code, 404)
    same(response.json()["error_code"], "ENDPOINT_NOT_FOUND")


def system_metrics():
    mlflow.set_experiment(f"system-{TAG}")
    mlflow.set_system_metrics_sampling_interval(0.2)
    mlflow.set_system_metrics_samples_before_logging(2)
    try:
        with mlflow.start_run(log_system_metrics=True) as run:
            until = time.monotonic() + 20
            while time.monotonic() < until and "system/cpu_utilization_percentage" not in client.get_run(run.info.run_id).data.metrics:
                time.sleep(0.2)
    finally:
        mlflow.disable_system_metrics_logging()
    metrics = client.get_run(run.info.run_id).data.metrics
    for name in ("system/cpu_utilization_percentage", "system/system_memory_usage_megabytes", "system/disk_usage_percentage"):
        holds(name in metrics, f"{name} of {sorted(metrics)}")
    holds(client.get_metric_history(run.info.run_id, "system/cpu_utilization_percentage"), "it has a history")


def asynchronous():
    """What is logged without waiting is all there after the flush, in order."""
    mlflow.set_experiment(f"async-{TAG}")
    with mlflow.start_run() as run:
        for step in range(300):
            mlflow.log_metric("loss", 1 / (step + 1), step=step, synchronous=False)
        mlflow.log_params({f"p{i}": i for i in range(120)}, synchronous=False)
        mlflow.flush_async_logging()
    same([m.step for m in client.get_metric_history(run.info.run_id, "loss")], list(range(300)))
    same(len(client.get_run(run.info.run_id).data.params), 120)


def resumed_and_listed():
    mlflow.set_experiment(f"resumed-{TAG}")
    with mlflow.start_run(description="a note", tags={"a": "1"}) as run:
        mlflow.log_metric("m", 1.0)
    with mlflow.start_run(run_id=run.info.run_id):
        mlflow.log_metric("m", 2.0, step=1)
        mlflow.set_tags({"b": "2", "a": "3"})
        mlflow.delete_tag("b")
        mlflow.set_experiment_tags({"team": "risk"})
    read = client.get_run(run.info.run_id)
    same((read.data.metrics["m"], read.data.tags["a"], "b" in read.data.tags), (2.0, "3", False))
    same(read.data.tags["mlflow.note.content"], "a note")
    try:
        with mlflow.start_run() as failed:
            raise ValueError("the training broke")
    except ValueError:
        pass
    same(client.get_run(failed.info.run_id).info.status, "FAILED")
    same(mlflow.last_active_run().info.run_id, failed.info.run_id)
    same(client.get_parent_run(run.info.run_id), None)
    frame = mlflow.search_runs(order_by=["start_time DESC"])
    same(list(frame.run_id), [failed.info.run_id, run.info.run_id])
    same(mlflow.get_experiment_by_name(f"resumed-{TAG}").tags["team"], "risk")


def pictures_and_tables():
    mlflow.set_experiment(f"pictures-{TAG}")
    with mlflow.start_run() as run:
        mlflow.log_image(np.zeros((8, 8, 3), dtype=np.uint8), "black.png")
        mlflow.log_image(np.zeros((8, 8, 3), dtype=np.uint8), key="steps", step=3)
        mlflow.log_table({"question": ["a", "b"], "answer": ["1", "2"]}, "eval.json")
        mlflow.log_table({"question": ["c"], "answer": ["3"]}, "eval.json")
        mlflow.MlflowClient().flush_async_logging() if hasattr(mlflow.MlflowClient, "flush_async_logging") else mlflow.flush_async_logging()
    same(len(mlflow.load_table("eval.json", run_ids=[run.info.run_id])), 3)
    holds("black.png" in [f.path for f in client.list_artifacts(run.info.run_id)], "the picture is there")


def main():
    checks = started("tracking")
    checks.run("experiments are made, found, tagged, renamed, deleted and restored", experiments)
    checks.run("a fluent run keeps what it logs", fluent_run)
    checks.run("nested runs know their parent", nested_runs)
    checks.run("batches keep their limits and parameters never change", batches)
    checks.run("datasets are inputs and can be searched by", datasets_input)
    checks.run("system metrics", system_metrics)
    checks.run("logging without waiting", asynchronous)
    checks.run("runs are resumed, fail, and are listed", resumed_and_listed)
    checks.run("pictures and tables", pictures_and_tables)
    checks.run("an unknown endpoint answers in MLflow's shape", unknown_endpoints)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
