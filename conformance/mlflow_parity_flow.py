"""The same raw calls to MLflow's own server, started here, and to Pilothouse: status and error code must be the same.

A difference that is meant stands in MEANT with its reason; a meant difference that is none any more fails, too.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

from checks import Checks, holds

OURS = os.environ["PILOTHOUSE_URL"].rstrip("/")
KEY = os.environ.get("PILOTHOUSE_API_KEY", "")
TAG = uuid.uuid4().hex[:8]
API = "/api/2.0/mlflow/"

RETRIED = "MLflow answers 500, which its clients retry for minutes; we answer a status that they do not"
STRICTER = "MLflow lets this mistake pass; we say what is wrong"
LENIENT = "MLflow refuses what can only mean one thing; we do it"
SHAPE = "MLflow answers HTML, which its clients cannot read; we answer its JSON"
MEANT = {
    RETRIED: [
        "rename a deleted experiment", "body that is a list", "archiving into None", "registered-models by tags.a IS NULL", "logged models from a bad page",
        "logged models by metrics.a > 'x'", "logged models by nonsense = 'b'"],
    STRICTER: [
        "experiments of a view that is none", "status that is none", "history of no run", "inputs without a digest", "inputs without a dataset",
        "filter metrics.auc > 0.1 AND", "filter AND metrics.auc > 0.1", "filter metrics. = 1", "runs of a view that is none", "registered-models, 0 of them",
        "registered-models, -1 of them", "model-versions by version_number > '1'", "logged model with a status that is none", "logged models, -1 of them",
        "body that is no JSON", "version of no model"],
    LENIENT: [
        "experiment whose name is a number", "experiments without a limit", "run without an experiment", "metric without a time", "filter status IN ('RUNNING')",
        "filter metrics.auc == 0.5", "filter tags.a-b = 'x'", "filter tags.a/b = 'x'", "filter tags.1 = 'x'", "order by `Run Name`", "order by attribute.`Run name` ASC",
        "registered-models ordered by creation_timestamp", "model-versions ordered by timestamp DESC", "logged models of nothing",
        "datasets of nothing", "datasets of 21 experiments"],
    SHAPE: ["unknown endpoint", "unknown endpoint, POST", "wrong method", "wrong method, DELETE"],
}


class Server:
    """One of the two, with the ids that it gave."""

    def __init__(self, url, key=""):
        self.url = url
        self.key = key
        self.ids = {}

    def call(self, method, path, body=None, headers=None):
        if not path.startswith("/"):
            path = API + path
        raw = body if isinstance(body, bytes) else None if body is None else json.dumps(self.fill(body)).encode()
        request = urllib.request.Request(self.url + self.fill(path), data=raw, method=method)
        if self.key:
            request.add_header("authorization", f"Bearer {self.key}")
        if raw is not None:
            request.add_header("content-type", "application/json")
        for name, value in (headers or {}).items():
            request.add_header(name, value)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, parsed(answer.read())
        except urllib.error.HTTPError as e:
            return e.code, parsed(e.read())

    def fill(self, value):
        if isinstance(value, dict):
            return {k: self.fill(v) for k, v in value.items()}
        if isinstance(value, list):
            return [self.fill(v) for v in value]
        if isinstance(value, str):
            return re.sub(r"<(\w+)>", lambda m: self.ids.get(m[1], m[0]), value)
        return value

    def prepare(self):
        def made(path, body, *keys):
            status, answer = self.call("POST", path, body)
            holds(status == 200, f"{self.url} {path}: {status} {answer}")
            for key in keys:
                answer = answer[key]
            return answer

        self.ids["exp"] = made("experiments/create", {"name": f"parity-{TAG}"}, "experiment_id")
        self.ids["gone"] = made("experiments/create", {"name": f"parity-gone-{TAG}"}, "experiment_id")
        made("experiments/delete", {"experiment_id": "<gone>"})
        for name in ("run", "dead"):
            self.ids[name] = made(
                "runs/create", {"experiment_id": "<exp>", "start_time": 1, "run_name": name}, "run", "info", "run_id")
        made("runs/delete", {"run_id": "<dead>"})
        made("runs/log-batch", {
            "run_id": "<run>",
            "metrics": [{"key": "auc", "value": 0.5, "timestamp": 1, "step": 0}],
            "params": [{"key": "depth", "value": "3"}],
            "tags": [{"key": "team", "value": "risk"}]})
        made("registered-models/create", {"name": f"parity-{TAG}"})
        made("model-versions/create", {"name": f"parity-{TAG}", "source": "runs:/<run>/model", "run_id": "<run>"})
        made("registered-models/alias", {"name": f"parity-{TAG}", "alias": "live", "version": "1"})
        self.ids["lm"] = made("logged-models", {"experiment_id": "<exp>", "name": "m"}, "model", "info", "model_id")


def parsed(raw):
    try:
        return json.loads(raw or b"{}")
    except ValueError:
        return {"not-json": raw[:200].decode(errors="replace")}


def long(n):
    return "x" * n


def metric(**more):
    return {"key": "k", "value": 1.0, "timestamp": 1, "step": 0, **more}


def table():
    """Name, method, path, body of every call; <name> stands for the id that the server gave."""
    model = f"parity-{TAG}"
    runs = [
        ("run of a deleted experiment", "POST", "runs/create", {"experiment_id": "<gone>"}),
        ("run of no experiment", "POST", "runs/create", {"experiment_id": "123456789012"}),
        ("run of an experiment that is no number", "POST", "runs/create", {"experiment_id": "abc"}),
        ("run without an experiment", "POST", "runs/create", {}),
        ("get run", "GET", "runs/get?run_id=<run>", None),
        ("get run by its old name", "GET", "runs/get?run_uuid=<run>", None),
        ("get no run", "GET", "runs/get?run_id=" + "0" * 32, None),
        ("get run without an id", "GET", "runs/get", None),
        ("get a deleted run", "GET", "runs/get?run_id=<dead>", None),
        ("status that is none", "POST", "runs/update", {"run_id": "<run>", "status": "DONE"}),
        ("update a deleted run", "POST", "runs/update", {"run_id": "<dead>", "status": "FINISHED"}),
        ("delete a run twice", "POST", "runs/delete", {"run_id": "<dead>"}),
        ("restore a run that is not deleted", "POST", "runs/restore", {"run_id": "<run>"}),
        ("metric", "POST", "runs/log-metric", {"run_id": "<run>", **metric()}),
        ("metric without a key", "POST", "runs/log-metric", {"run_id": "<run>", "value": 1, "timestamp": 1}),
        ("metric without a value", "POST", "runs/log-metric", {"run_id": "<run>", "key": "a", "timestamp": 1}),
        ("metric without a time", "POST", "runs/log-metric", {"run_id": "<run>", "key": "a", "value": 1}),
        ("metric that is text", "POST", "runs/log-metric", {"run_id": "<run>", **metric(value="high")}),
        ("metric NaN as text", "POST", "runs/log-metric", {"run_id": "<run>", **metric(value="NaN")}),
        ("metric with a bad name", "POST", "runs/log-metric", {"run_id": "<run>", **metric(key="a&b$")}),
        ("metric whose name is a path up", "POST", "runs/log-metric", {"run_id": "<run>", **metric(key="../a")}),
        ("metric with a long name", "POST", "runs/log-metric", {"run_id": "<run>", **metric(key=long(251))}),
        ("metric with a name of 250", "POST", "runs/log-metric", {"run_id": "<run>", **metric(key=long(250))}),
        ("metric of a deleted run", "POST", "runs/log-metric", {"run_id": "<dead>", **metric()}),
        ("metric of no run", "POST", "runs/log-metric", {"run_id": "0" * 32, **metric()}),
        ("param", "POST", "runs/log-parameter", {"run_id": "<run>", "key": "p", "value": "1"}),
        ("param again", "POST", "runs/log-parameter", {"run_id": "<run>", "key": "depth", "value": "3"}),
        ("param changed", "POST", "runs/log-parameter", {"run_id": "<run>", "key": "depth", "value": "4"}),
        ("param of 6000", "POST", "runs/log-parameter", {"run_id": "<run>", "key": "p6000", "value": long(6000)}),
        ("param of 6001", "POST", "runs/log-parameter", {"run_id": "<run>", "key": "p6001", "value": long(6001)}),
        ("param that is empty", "POST", "runs/log-parameter", {"run_id": "<run>", "key": "empty", "value": ""}),
        ("param without a key", "POST", "runs/log-parameter", {"run_id": "<run>", "value": ""}),
        ("tag", "POST", "runs/set-tag", {"run_id": "<run>", "key": "t", "value": "1"}),
        ("tag of 8000", "POST", "runs/set-tag", {"run_id": "<run>", "key": "t8000", "value": long(8000)}),
        ("tag of 8001", "POST", "runs/set-tag", {"run_id": "<run>", "key": "t8001", "value": long(8001)}),
        ("tag without a key", "POST", "runs/set-tag", {"run_id": "<run>", "value": "1"}),
        ("delete a tag that is not there", "POST", "runs/delete-tag", {"run_id": "<run>", "key": "never"}),
        ("batch of 1000 metrics", "POST", "runs/log-batch", {"run_id": "<run>", "metrics": [metric(step=i) for i in range(1000)]}),
        ("batch of 1001 metrics", "POST", "runs/log-batch", {"run_id": "<run>", "metrics": [metric(step=i) for i in range(1001)]}),
        ("batch of 101 params", "POST", "runs/log-batch", {"run_id": "<run>", "params": [{"key": f"b{i}", "value": "1"} for i in range(101)]}),
        ("batch of 101 tags", "POST", "runs/log-batch", {"run_id": "<run>", "tags": [{"key": f"b{i}", "value": "1"} for i in range(101)]}),
        ("batch of nothing", "POST", "runs/log-batch", {"run_id": "<run>"}),
        ("batch of no run", "POST", "runs/log-batch", {}),
        ("batch with a param twice", "POST", "runs/log-batch", {"run_id": "<run>", "params": [{"key": "twice", "value": "1"}, {"key": "twice", "value": "2"}]}),
        ("batch with the same param twice", "POST", "runs/log-batch", {"run_id": "<run>", "params": [{"key": "same", "value": "1"}, {"key": "same", "value": "1"}]}),
        ("batch whose metrics are no list", "POST", "runs/log-batch", {"run_id": "<run>", "metrics": "many"}),
        ("batch with a metric without a value", "POST", "runs/log-batch", {"run_id": "<run>", "metrics": [{"key": "a", "timestamp": 1}]}),
        ("history", "GET", "metrics/get-history?run_id=<run>&metric_key=auc", None),
        ("history of no metric", "GET", "metrics/get-history?run_id=<run>&metric_key=never", None),
        ("history without a metric", "GET", "metrics/get-history?run_id=<run>", None),
        ("history of no run", "GET", "metrics/get-history?run_id=" + "0" * 32 + "&metric_key=a", None),
        ("history with a bad page token", "GET", "metrics/get-history?run_id=<run>&metric_key=auc&max_results=1&page_token=oops", None),
        ("inputs", "POST", "runs/log-inputs", {"run_id": "<run>", "datasets": [{"tags": [], "dataset": {"name": "d", "digest": "1", "source_type": "http", "source": "{}"}}]}),
        ("inputs without a digest", "POST", "runs/log-inputs", {"run_id": "<run>", "datasets": [{"tags": [], "dataset": {"name": "d", "source_type": "http", "source": "{}"}}]}),
        ("inputs without a dataset", "POST", "runs/log-inputs", {"run_id": "<run>", "datasets": [{"tags": []}]}),
        ("inputs of nothing", "POST", "runs/log-inputs", {"run_id": "<run>"}),
        ("body that is no JSON", "POST", "runs/log-metric", b"{"),
        ("body that is a list", "POST", "runs/log-metric", b"[]"),
        ("unknown member", "POST", "runs/set-tag", {"run_id": "<run>", "key": "t", "value": "1", "colour": "red"}),
    ]
    experiments = [
        ("experiment that exists", "POST", "experiments/create", {"name": f"parity-{TAG}"}),
        ("experiment of a deleted one's name", "POST", "experiments/create", {"name": f"parity-gone-{TAG}"}),
        ("experiment without a name", "POST", "experiments/create", {}),
        ("experiment with an empty name", "POST", "experiments/create", {"name": ""}),
        ("experiment with a name of 501", "POST", "experiments/create", {"name": long(501)}),
        ("experiment whose name is a number", "POST", "experiments/create", {"name": 7}),
        ("get experiment", "GET", "experiments/get?experiment_id=<exp>", None),
        ("get no experiment", "GET", "experiments/get?experiment_id=123456789012", None),
        ("get experiment that is no number", "GET", "experiments/get?experiment_id=abc", None),
        ("get experiment without an id", "GET", "experiments/get", None),
        ("get a deleted experiment", "GET", "experiments/get?experiment_id=<gone>", None),
        ("experiment by a name that is not there", "GET", "experiments/get-by-name?experiment_name=never", None),
        ("experiment by no name", "GET", "experiments/get-by-name", None),
        ("delete an experiment twice", "POST", "experiments/delete", {"experiment_id": "<gone>"}),
        ("restore an experiment that is not deleted", "POST", "experiments/restore", {"experiment_id": "<exp>"}),
        ("rename a deleted experiment", "POST", "experiments/update", {"experiment_id": "<gone>", "new_name": "n"}),
        ("rename an experiment without a name", "POST", "experiments/update", {"experiment_id": "<exp>"}),
        ("tag a deleted experiment", "POST", "experiments/set-experiment-tag", {"experiment_id": "<gone>", "key": "a", "value": "b"}),
        ("tag an experiment without a key", "POST", "experiments/set-experiment-tag", {"experiment_id": "<exp>", "value": "b"}),
        ("delete an experiment's tag that is not there", "POST", "experiments/delete-experiment-tag", {"experiment_id": "<exp>", "key": "never"}),
        ("experiments without a limit", "POST", "experiments/search", {}),
        ("experiments, 0 of them", "POST", "experiments/search", {"max_results": 0}),
        ("experiments, too many", "POST", "experiments/search", {"max_results": 50001}),
        ("experiments by a bad filter", "POST", "experiments/search", {"max_results": 10, "filter": "nonsense"}),
        ("experiments in a bad order", "POST", "experiments/search", {"max_results": 10, "order_by": ["colour"]}),
        ("experiments from a bad page", "POST", "experiments/search", {"max_results": 10, "page_token": "oops"}),
        ("experiments of a view that is none", "POST", "experiments/search", {"max_results": 10, "view_type": "ALL_OF_THEM"}),
    ]
    filters = [
        "metrics.auc > 0.1", "metrics.auc > '0.1'", "metrics.auc >> 1", "metrics.auc", "metrics.auc = 'x'", "metric.auc = 0.5",
        "params.depth = '3'", "params.depth = 3", "param.depth = \"3\"", "params.depth > '1'", "params.depth LIKE '%3'", "params.depth like '3'",
        "params.depth ILIKE '3'", "params.\"depth\" = '3'", "params.`depth` = '3'", "parameters.depth = '3'", "parameter.depth = '3'",
        "tags.team = 'risk'", "tag.team != 'risk'", "tags.team IN ('risk')", "tags.team IS NULL", "tags.team IS NOT NULL",
        "params.depth IS NULL", "params.depth IS NOT NULL", "metrics.auc IS NULL",
        "attributes.status = 'RUNNING'", "attribute.status = 'RUNNING'", "attr.status = 'RUNNING'", "status = 'RUNNING'", "run.status = 'RUNNING'",
        "status = RUNNING", "status > 'RUNNING'", "status IN ('RUNNING')", "run_id IN ('a', 'b')", "run_id NOT IN ('a')", "run_id IN ()", "run_id IN ('a',)",
        "run_id = 'a'", "run_id LIKE 'a%'", "attributes.run_name = 'run'", "attributes.`run name` = 'run'", "attributes.Run_name ILIKE 'R%'", "run_name = 'run'",
        "start_time > 0", "start_time > '0'", "attributes.start_time >= 0", "created > 0", "Created > 0", "end_time < 5", "artifact_uri LIKE '%'",
        "user_id = 'me'", "attributes.user_id != 'x'", "attributes.nonsense = 'x'", "nonsense = 'x'",
        "dataset.name = 'd'", "datasets.name LIKE '%d%'", "dataset.digest = '1'", "dataset.context = 'train'", "dataset.source = 'x'", "dataset.name IN ('d')",
        "dataset.digest IN ('a', 'b')", "dataset.name > 'd'",
        "metrics.auc > 0.1 AND params.depth = '3'", "metrics.auc > 0.1 and params.depth = '3'", "metrics.auc > 0.1 OR params.depth = '3'",
        "(metrics.auc > 0.1)", "metrics.auc > 0.1 AND", "AND metrics.auc > 0.1", "metrics.auc > 0.1;", "metrics.auc>0.1", "  metrics.auc  >  0.1  ",
        "metrics.auc > -1", "metrics.auc > 1e-3", "metrics.auc > .5", "metrics.auc > 0x10", "metrics.auc > inf", "metrics.auc != 0.5", "metrics.auc == 0.5",
        "0.1 < metrics.auc", "'3' = params.depth", "metrics.auc BETWEEN 0 AND 1", "NOT metrics.auc > 1", "metrics. = 1", ".auc = 1", "metrics.`a b` > 1",
        "metrics.a.b > 1", "metrics.\"a.b\" > 1", "params.a = 'it''s'", "params.a = \"it's\"", "params.a = 'x", "params.a = x", "tags.mlflow.user = 'x'",
        "tags.`mlflow.user` = 'x'", "tags.a-b = 'x'", "tags.a/b = 'x'", "tags.1 = 'x'", "tags.ü = 'x'", "tags.a = ''", "tags.a = '日本'", "tags.a RLIKE 'x'",
        "model.x = '1'", "params.depth != '3' AND tags.team LIKE 'r_sk'", "metrics.auc < 1 AND metrics.auc > 0 AND metrics.auc != 0.7",
    ]
    search = [(f"filter {text}", "POST", "runs/search", {"experiment_ids": ["<exp>"], "filter": text}) for text in filters]
    orders = ["metrics.auc", "metrics.auc DESC", "metrics.auc desc", "metrics.auc down", "params.depth ASC", "start_time", "attributes.start_time DESC",
              "Created", "status", "run_name", "Run Name", "`Run Name`", "attribute.`Run name` ASC", "tags.team", "tags.`mlflow.user` DESC", "dataset.name",
              "dataset.digest", "nonsense", "nonsense.a", "metrics.`a b` ASC", "metrics.auc ASC, params.depth", "", "end_time", "artifact_uri", "run_id", "user_id",
              "lifecycle_stage", "duration"]
    search += [(f"order by {text}", "POST", "runs/search", {"experiment_ids": ["<exp>"], "order_by": [text]}) for text in orders]
    search += [
        ("runs of nothing", "POST", "runs/search", {}),
        ("runs, 0 of them", "POST", "runs/search", {"experiment_ids": ["<exp>"], "max_results": 0}),
        ("runs, -1 of them", "POST", "runs/search", {"experiment_ids": ["<exp>"], "max_results": -1}),
        ("runs, 50000 of them", "POST", "runs/search", {"experiment_ids": ["<exp>"], "max_results": 50000}),
        ("runs, 50001 of them", "POST", "runs/search", {"experiment_ids": ["<exp>"], "max_results": 50001}),
        ("runs of no experiment", "POST", "runs/search", {"experiment_ids": ["123456789012"]}),
        ("runs of an experiment that is no number", "POST", "runs/search", {"experiment_ids": ["abc"]}),
        ("runs of a view that is none", "POST", "runs/search", {"experiment_ids": ["<exp>"], "run_view_type": "ALL_OF_THEM"}),
        ("runs from a bad page", "POST", "runs/search", {"experiment_ids": ["<exp>"], "page_token": "oops"}),
        ("datasets", "POST", "/ajax-api/2.0/mlflow/experiments/search-datasets", {"experiment_ids": ["<exp>"]}),
        ("datasets of nothing", "POST", "/ajax-api/2.0/mlflow/experiments/search-datasets", {}),
        ("datasets of 21 experiments", "POST", "/ajax-api/2.0/mlflow/experiments/search-datasets", {"experiment_ids": ["<exp>"] * 21}),
    ]
    registry = [
        ("model that exists", "POST", "registered-models/create", {"name": model}),
        ("model without a name", "POST", "registered-models/create", {}),
        ("model with an empty name", "POST", "registered-models/create", {"name": ""}),
        ("model whose name is a path", "POST", "registered-models/create", {"name": f"a/b-{TAG}"}),
        ("model whose name has a colon", "POST", "registered-models/create", {"name": f"a:b-{TAG}"}),
        ("get model", "GET", f"registered-models/get?name={model}", None),
        ("get no model", "GET", "registered-models/get?name=never", None),
        ("get model without a name", "GET", "registered-models/get", None),
        ("rename to a name that exists", "POST", "registered-models/rename", {"name": model, "new_name": model}),
        ("rename to nothing", "POST", "registered-models/rename", {"name": model}),
        ("rename no model", "POST", "registered-models/rename", {"name": "never", "new_name": "x"}),
        ("update no model", "PATCH", "registered-models/update", {"name": "never", "description": "x"}),
        ("delete no model", "DELETE", "registered-models/delete", {"name": "never"}),
        ("latest versions", "POST", "registered-models/get-latest-versions", {"name": model}),
        ("latest versions by query", "GET", f"registered-models/get-latest-versions?name={model}", None),
        ("latest versions of a stage", "POST", "registered-models/get-latest-versions", {"name": model, "stages": ["Production"]}),
        ("latest versions of a stage that is none", "POST", "registered-models/get-latest-versions", {"name": model, "stages": ["Nowhere"]}),
        ("latest versions of no model", "POST", "registered-models/get-latest-versions", {"name": "never"}),
        ("version of no model", "POST", "model-versions/create", {"name": "never", "source": "runs:/<run>/model"}),
        ("version without a source", "POST", "model-versions/create", {"name": model}),
        ("version from a local folder", "POST", "model-versions/create", {"name": model, "source": "/etc"}),
        ("version from a file address", "POST", "model-versions/create", {"name": model, "source": "file:///etc"}),
        ("version from a path up", "POST", "model-versions/create", {"name": model, "source": "mlflow-artifacts:/../../etc"}),
        ("get version", "GET", f"model-versions/get?name={model}&version=1", None),
        ("get no version", "GET", f"model-versions/get?name={model}&version=99", None),
        ("get version that is no number", "GET", f"model-versions/get?name={model}&version=one", None),
        ("get version without a number", "GET", f"model-versions/get?name={model}", None),
        ("update no version", "PATCH", "model-versions/update", {"name": model, "version": "99", "description": "x"}),
        ("stage", "POST", "model-versions/transition-stage", {"name": model, "version": "1", "stage": "Staging", "archive_existing_versions": False}),
        ("stage in small letters", "POST", "model-versions/transition-stage", {"name": model, "version": "1", "stage": "production", "archive_existing_versions": True}),
        ("stage that is none", "POST", "model-versions/transition-stage", {"name": model, "version": "1", "stage": "Nowhere", "archive_existing_versions": False}),
        ("stage of no version", "POST", "model-versions/transition-stage", {"name": model, "version": "99", "stage": "Staging", "archive_existing_versions": False}),
        ("archiving into None", "POST", "model-versions/transition-stage", {"name": model, "version": "1", "stage": "None", "archive_existing_versions": True}),
        ("alias", "GET", f"registered-models/alias?name={model}&alias=live", None),
        ("alias that is not there", "GET", f"registered-models/alias?name={model}&alias=never", None),
        ("alias of no model", "GET", "registered-models/alias?name=never&alias=live", None),
        ("alias named latest", "POST", "registered-models/alias", {"name": model, "alias": "latest", "version": "1"}),
        ("alias that looks like a version", "POST", "registered-models/alias", {"name": model, "alias": "v1", "version": "1"}),
        ("alias with a bad name", "POST", "registered-models/alias", {"name": model, "alias": "a b", "version": "1"}),
        ("alias of no version", "POST", "registered-models/alias", {"name": model, "alias": "a", "version": "99"}),
        ("delete an alias that is not there", "DELETE", "registered-models/alias", {"name": model, "alias": "never"}),
        ("tag of a model", "POST", "registered-models/set-tag", {"name": model, "key": "a", "value": "b"}),
        ("tag of no model", "POST", "registered-models/set-tag", {"name": "never", "key": "a", "value": "b"}),
        ("delete a model's tag that is not there", "DELETE", "registered-models/delete-tag", {"name": model, "key": "never"}),
        ("tag of a version", "POST", "model-versions/set-tag", {"name": model, "version": "1", "key": "a", "value": "b"}),
        ("tag of no version", "POST", "model-versions/set-tag", {"name": model, "version": "99", "key": "a", "value": "b"}),
        ("tag of a version without a key", "POST", "model-versions/set-tag", {"name": model, "version": "1", "value": "b"}),
        ("delete a version's tag that is not there", "DELETE", "model-versions/delete-tag", {"name": model, "version": "1", "key": "never"}),
        ("download address", "GET", f"model-versions/get-download-uri?name={model}&version=1", None),
        ("download address of no version", "GET", f"model-versions/get-download-uri?name={model}&version=99", None),
    ]
    for kind, texts in {
        "registered-models": ["name = 'x'", "name LIKE '%x'", "name ILIKE 'X%'", "name != 'x'", "name > 'x'", "name IN ('x')", "tags.a = 'b'", "tags.a LIKE 'b'",
                              "tags.a IS NULL", "nonsense = 'x'", "name = x", "name = 'x' AND tags.a = 'b'", "name = 'x' OR name = 'y'", "'x' = name", "name"],
        "model-versions": [f"name = '{model}'", "name LIKE 'x%'", "run_id = 'x'", "run_id IN ('x', 'y')", "source_path = 'x'", "version_number = 1", "version_number > '1'",
                           "version_number >= 1", "tags.a = 'b'", "nonsense = 'x'", "run_id LIKE 'x'", "name IN ('x')", "version = 1", "current_stage = 'None'", "run_id IN ()"],
    }.items():
        registry += [(f"{kind} by {text}", "GET", f"{kind}/search?filter=" + urllib.parse.quote(text), None) for text in texts]
        registry += [(f"{kind} ordered by {text}", "GET", f"{kind}/search?order_by=" + urllib.parse.quote(text), None)
                     for text in ["name", "name DESC", "last_updated_timestamp", "timestamp DESC", "creation_timestamp", "version_number DESC", "nonsense", "name sideways"]]
        registry += [(f"{kind}, {n} of them", "GET", f"{kind}/search?max_results={n}", None) for n in (0, 1, -1, 1000, 1001, 10000, 200000, 200001, "many")]
        registry += [(f"{kind} from a bad page", "GET", f"{kind}/search?page_token=oops", None)]
    files = "/api/2.0/mlflow-artifacts/artifacts/"
    artifacts = [
        ("artifacts of a run", "GET", "artifacts/list?run_id=<run>", None),
        ("artifacts of no run", "GET", "artifacts/list?run_id=" + "0" * 32, None),
        ("artifacts below a path up", "GET", "artifacts/list?run_id=<run>&path=../..", None),
        ("artifacts below an absolute path", "GET", "artifacts/list?run_id=<run>&path=/etc", None),
        ("artifacts below nothing", "GET", "artifacts/list?run_id=<run>&path=never", None),
        ("artifacts of the proxy, path up", "GET", "/api/2.0/mlflow-artifacts/artifacts?path=../..", None),
        ("file that is not there", "GET", files + "<exp>/<run>/artifacts/never.txt", None),
        ("file on a path up", "GET", files + "a/%2e%2e/%2e%2e/etc/passwd", None),
        ("file deleted that is not there", "DELETE", files + "<exp>/<run>/artifacts/never.txt", None),
    ]
    logged = [
        ("logged model", "GET", "logged-models/<lm>", None),
        ("no logged model", "GET", "logged-models/m-" + "0" * 32, None),
        ("logged model of no experiment", "POST", "logged-models", {"experiment_id": "123456789012", "name": "m"}),
        ("logged model with a bad name", "POST", "logged-models", {"experiment_id": "<exp>", "name": "a/b"}),
        ("logged model finalised", "PATCH", "logged-models/<lm>", {"model_id": "<lm>", "status": "LOGGED_MODEL_READY"}),
        ("logged model with a status that is none", "PATCH", "logged-models/<lm>", {"model_id": "<lm>", "status": "DONE"}),
        ("logged model's tag that is not there", "DELETE", "logged-models/<lm>/tags/never", None),
        ("tags of no logged model", "PATCH", "logged-models/m-0/tags", {"model_id": "m-0", "tags": [{"key": "a", "value": "b"}]}),
        ("logged models of nothing", "POST", "logged-models/search", {}),
        ("logged models of an experiment", "POST", "logged-models/search", {"experiment_ids": ["<exp>"]}),
        ("logged models from a bad page", "POST", "logged-models/search", {"experiment_ids": ["<exp>"], "page_token": "oops"}),
        ("logged models, -1 of them", "POST", "logged-models/search", {"experiment_ids": ["<exp>"], "max_results": -1}),
    ]
    logged += [(f"logged models by {text}", "POST", "logged-models/search", {"experiment_ids": ["<exp>"], "filter": text})
               for text in ["name = 'm'", "attributes.name = 'm'", "attributes.name LIKE 'm%'", "metrics.a > 0.1", "metrics.a > 'x'", "params.a = 'b'", "tags.a = 'b'",
                            "model_id = 'x'", "status = 'READY'", "creation_timestamp > 1", "nonsense.a = 'b'", "nonsense = 'b'", "name IN ('m')", "source_run_id = 'x'",
                            "metrics.a > 0.1 AND name = 'm'", "metrics.a"]]
    logged += [(f"logged models ordered by {text}", "POST", "logged-models/search", {"experiment_ids": ["<exp>"], "order_by": [{"field_name": text, "ascending": False}]})
               for text in ["creation_timestamp", "metrics.a", "name", "params.a", "nonsense"]]
    other = [
        ("unknown endpoint", "GET", "no-such-thing", None),
        ("unknown endpoint, POST", "POST", "no-such-thing", {}),
        ("wrong method", "GET", "runs/create", None),
        ("wrong method, DELETE", "DELETE", "runs/get", None),
        ("server's version", "GET", "/version", None),
        ("health", "GET", "/health", None),
    ]
    return experiments + runs + search + registry + artifacts + logged + other


def outcome(answer):
    status, body = answer
    if status < 300:
        return "done"
    return f"{status} {body.get('error_code', 'no error_code') if isinstance(body, dict) else 'no object'}"


def compare(name, theirs, ours):
    meant = any(name in names for names in MEANT.values())
    if outcome(theirs) == outcome(ours):
        holds(not meant, "this difference is meant but is none any more: take it out of MEANT")
        return
    holds(meant, f"MLflow: {outcome(theirs)} {str(theirs[1])[:300]}\n  Pilothouse: {outcome(ours)} {str(ours[1])[:300]}")
    holds(ours[0] < 500, f"we answer {ours[0]}")


def main():
    folder = tempfile.mkdtemp()
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    mlflow = subprocess.Popen(
        [sys.executable, "-m", "mlflow", "server", "--port", str(port), "--workers", "1", "--backend-store-uri", f"sqlite:///{folder}/mlflow.db",
         "--artifacts-destination", folder + "/files"],
        stdout=open(folder + "/log", "w"), stderr=subprocess.STDOUT, start_new_session=True, cwd=folder)
    checks = Checks("parity")
    try:
        peer = Server(f"http://127.0.0.1:{port}")
        ours = Server(OURS, KEY)
        for _ in range(240):
            try:
                if peer.call("GET", "/health")[0] == 200:
                    break
            except OSError:
                time.sleep(0.5)
        peer.prepare()
        ours.prepare()
        for name, method, path, body in table():
            checks.run(name, lambda: compare(name, peer.call(method, path, body), ours.call(method, path, body)), quiet=True)
    finally:
        # Its workers take long to say goodbye; nothing of it is kept.
        os.killpg(mlflow.pid, signal.SIGKILL)
        mlflow.wait()
        shutil.rmtree(folder, ignore_errors=True)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
