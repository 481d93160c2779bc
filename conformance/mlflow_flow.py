"""The stock MLflow Python client against a running server: what an ML engineer does in a day.

Needs MLFLOW_TRACKING_URI and MLFLOW_TRACKING_TOKEN (or MLFLOW_TRACKING_USERNAME and _PASSWORD) in the environment.
"""

import hashlib
import math
import os
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path

os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")

import mlflow
import numpy as np
import pandas as pd
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag, ViewType
from mlflow.exceptions import MlflowException
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

from checks import Checks, holds, same

TAG = uuid.uuid4().hex[:8]
client = MlflowClient()


def refused(code, call):
    try:
        call()
    except MlflowException as e:
        same(e.error_code, code, str(e))
        return str(e)
    raise AssertionError(f"expected {code}, but the call went through")


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


def search():
    experiment = client.create_experiment(f"search-{TAG}")
    for i in range(12):
        run = client.create_run(experiment, start_time=1_700_000_000_000 + i, run_name=f"run {i}").info.run_id
        client.log_batch(
            run,
            metrics=[Metric("val acc", i / 10, 1, 0)] + ([Metric("odd", float("nan"), 1, 0)] if i == 3 else []),
            params=[Param("kind", "tree" if i % 2 else "Line")],
            tags=[RunTag("team.name", "risk" if i < 6 else "growth")])

    def find(text, **more):
        return [r.info.run_name for r in client.search_runs([experiment], text, **more)]

    same(find("metrics.`val acc` > 0.85"), ["run 11", "run 10", "run 9"])
    same(find("metrics.\"val acc\" >= 0.2 AND params.kind ILIKE 'lin%' AND tags.`team.name` = 'risk'"), ["run 4", "run 2"])
    same(find("attributes.run_name LIKE 'run 1_'"), ["run 11", "run 10"])
    same(find("params.kind != 'tree' and attributes.start_time < 1700000000003"), ["run 2", "run 0"])
    same(find("tags.missing IS NULL AND metrics.`val acc` = 1.1"), ["run 11"])
    ids = [r.info.run_id for r in client.search_runs([experiment], "metrics.`val acc` < 0.15")]
    same(len(find("attributes.run_id IN ('" + "','".join(ids) + "')")), 2)
    same(find("", order_by=["metrics.`val acc` ASC"], max_results=2), ["run 0", "run 1"])
    same(find("", order_by=["metrics.odd DESC", "start_time ASC"], max_results=2), ["run 3", "run 0"])
    page = client.search_runs([experiment], max_results=5)
    rest = client.search_runs([experiment], max_results=20, page_token=page.token)
    same(len(page) + len(rest), 12)
    same(rest.token or None, None)
    same(find("", run_view_type=ViewType.DELETED_ONLY), [])
    refused("INVALID_PARAMETER_VALUE", lambda: find("metrics.a = 'x'"))
    refused("INVALID_PARAMETER_VALUE", lambda: find("nonsense.a = 'x'"))


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


def artifact_tree():
    mlflow.set_experiment(f"files-{TAG}")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "deep" / "er").mkdir(parents=True)
        (root / "deep" / "er" / "ümlaut und leer.txt").write_text("grüße", encoding="utf-8")
        (root / "empty.bin").write_bytes(b"")
        with mlflow.start_run() as run:
            mlflow.log_artifacts(folder, "tree")
        back = Path(mlflow.artifacts.download_artifacts(f"runs:/{run.info.run_id}/tree"))
        same((back / "deep" / "er" / "ümlaut und leer.txt").read_text(encoding="utf-8"), "grüße")
        same((back / "empty.bin").read_bytes(), b"")
        client.set_terminated(run.info.run_id)
        repository = mlflow.store.artifact.artifact_repository_registry.get_artifact_repository(run.info.artifact_uri)
        repository.delete_artifacts("tree/deep")
        same([f.path for f in client.list_artifacts(run.info.run_id, "tree")], ["tree/empty.bin"])


def large_artifact():
    mlflow.set_experiment(f"large-{TAG}")
    bytes_ = np.random.default_rng(7).bytes(30 << 20)
    settings = {
        "MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD": "true",
        "MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE": str(6 << 20),
        "MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE": str(5 << 20),
        "MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD": "true",
        "MLFLOW_MULTIPART_DOWNLOAD_CHUNK_SIZE": str(7 << 20),
    }
    os.environ.update(settings)
    try:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "weights.bin"
            file.write_bytes(bytes_)
            with mlflow.start_run() as run:
                mlflow.log_artifact(str(file), "big")
            back = mlflow.artifacts.download_artifacts(f"runs:/{run.info.run_id}/big/weights.bin", dst_path=folder + "/back")
            same(hashlib.sha256(Path(back).read_bytes()).hexdigest(), hashlib.sha256(bytes_).hexdigest())
            size = {f.path: f.file_size for f in client.list_artifacts(run.info.run_id, "big")}
            same(size, {"big/weights.bin": 30 << 20})
    finally:
        for key in settings:
            os.environ.pop(key)


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


def registry():
    name = f"registry-{TAG}"
    client.create_registered_model(name, tags={"a": "1"}, description="first")
    refused("RESOURCE_ALREADY_EXISTS", lambda: client.create_registered_model(name))
    mlflow.set_experiment(f"registry-{TAG}")
    with mlflow.start_run() as run:
        mlflow.log_text("weights", "model/weights.txt")
    for i in range(2):
        client.create_model_version(name, f"runs:/{run.info.run_id}/model", run.info.run_id, tags={"n": str(i)})
    same(client.get_model_version(name, "2").tags, {"n": "1"})
    client.update_model_version(name, "2", "better")
    same(client.get_model_version(name, "2").description, "better")
    client.set_model_version_tag(name, "2", "ok", "yes")
    client.delete_model_version_tag(name, "2", "ok")
    client.set_registered_model_alias(name, "live", "2")
    same(client.get_registered_model(name).aliases, {"live": "2"} if isinstance(
        next(iter(client.get_registered_model(name).aliases.values())), str) else {"live": 2})
    client.delete_registered_model_alias(name, "live")
    refused("INVALID_PARAMETER_VALUE", lambda: client.get_model_version_by_alias(name, "live"))
    client.transition_model_version_stage(name, "1", "Production")
    client.transition_model_version_stage(name, "2", "Production", archive_existing_versions=True)
    same(client.get_model_version(name, "1").current_stage, "Archived")
    same([str(v.version) for v in client.get_latest_versions(name, ["Production"])], ["2"])
    found = client.search_model_versions(f"name = '{name}' AND tags.n = '1'")
    same([str(v.version) for v in found], ["2"])
    same([str(v.version) for v in client.search_model_versions(f"name='{name}'", order_by=["version_number ASC"])], ["1", "2"])
    same([m.name for m in client.search_registered_models(f"name LIKE '{name}%'")], [name])
    client.set_registered_model_tag(name, "b", "2")
    client.delete_registered_model_tag(name, "a")
    same(client.get_registered_model(name).tags, {"b": "2"})
    same(mlflow.artifacts.load_text(f"models:/{name}/2/weights.txt"), "weights")
    client.copy_model_version(f"models:/{name}/2", f"{name}-copy")
    same(mlflow.artifacts.load_text(f"models:/{name}-copy/1/weights.txt"), "weights")
    client.delete_model_version(name, "1")
    refused("RESOURCE_DOES_NOT_EXIST", lambda: client.get_model_version(name, "1"))
    client.rename_registered_model(name, name + "-new")
    same(str(client.get_model_version(name + "-new", "2").version), "2")
    client.delete_registered_model(name + "-new")
    refused("RESOURCE_DOES_NOT_EXIST", lambda: client.get_registered_model(name + "-new"))


def prompts():
    name = f"prompt-{TAG}"
    mlflow.genai.register_prompt(name=name, template="Hello {{name}}", commit_message="first", tags={"lang": "en"})
    second = mlflow.genai.register_prompt(name=name, template="Dear {{name}}")
    same(second.version, 2)
    same(mlflow.genai.load_prompt(f"prompts:/{name}/1").format(name="Ada"), "Hello Ada")
    mlflow.genai.set_prompt_alias(name, alias="live", version=2)
    same(mlflow.genai.load_prompt(f"prompts:/{name}@live").template, "Dear {{name}}")
    holds(name not in [m.name for m in client.search_registered_models()], "a prompt is no model")
    holds(name in [p.name for p in mlflow.genai.search_prompts(f"name = '{name}'")], "prompts are found")


def command_line():
    def cli(*words):
        done = subprocess.run(
            [sys.executable, "-m", "mlflow", *words], capture_output=True, text=True, timeout=120, check=False)
        holds(done.returncode == 0, f"mlflow {' '.join(words)}: {done.stdout[-1500:]} {done.stderr[-1500:]}")
        return done.stdout

    holds("Default" in cli("experiments", "search"), "experiments search lists the default one")
    cli("experiments", "create", "--experiment-name", f"cli-{TAG}")
    experiment = client.get_experiment_by_name(f"cli-{TAG}").experiment_id
    run = client.create_run(experiment).info.run_id
    holds(run in cli("runs", "list", "--experiment-id", experiment), "runs list shows the run")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "note.txt"
        file.write_text("from the command line", encoding="utf-8")
        cli("artifacts", "log-artifact", "--local-file", str(file), "--run-id", run)
        holds("note.txt" in cli("artifacts", "list", "--run-id", run), "artifacts list shows the file")
        cli("artifacts", "download", "--run-id", run, "--artifact-path", "note.txt", "--dst-path", folder + "/back")
        same((Path(folder) / "back" / "note.txt").read_text(encoding="utf-8"), "from the command line")


def unknown_endpoints():
    from mlflow.utils.credentials import get_default_host_creds
    from mlflow.utils.rest_utils import http_request

    response = http_request(get_default_host_creds(mlflow.get_tracking_uri()), "/api/2.0/mlflow/no-such-thing", "GET")
    same(response.status_code, 404)
    same(response.json()["error_code"], "ENDPOINT_NOT_FOUND")


def main():
    print(f"mlflow {mlflow.__version__} against {mlflow.get_tracking_uri()}")
    checks = Checks("mlflow")
    checks.run("experiments are made, found, tagged, renamed, deleted and restored", experiments)
    checks.run("a fluent run keeps what it logs", fluent_run)
    checks.run("nested runs know their parent", nested_runs)
    checks.run("batches keep their limits and parameters never change", batches)
    checks.run("searches filter, order and page", search)
    checks.run("datasets are inputs and can be searched by", datasets_input)
    checks.run("a tree of artifacts comes back", artifact_tree)
    checks.run("a large artifact goes in parts and comes back in parts", large_artifact)
    checks.run("scikit-learn autologs, registers, and loads by alias", autolog_and_registry)
    checks.run("logged models", logged_models)
    checks.run("registry: versions, aliases, stages, tags, copies", registry)
    checks.run("prompts", prompts)
    checks.run("the mlflow command line", command_line)
    checks.run("an unknown endpoint answers in MLflow's shape", unknown_endpoints)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
