"""The MLflow client that the flows share, set so that a failed call is told at once instead of retried for minutes."""

import os
import uuid

os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")

import mlflow
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from checks import Checks, same

TAG = uuid.uuid4().hex[:8]
client = MlflowClient()


def refused(code, call):
    """The message of a call that must be refused with this code of MLflow's."""
    try:
        call()
    except MlflowException as e:
        same(e.error_code, code, str(e))
        return str(e)
    raise AssertionError(f"expected {code}, but the call went through")


def started(title):
    print(f"mlflow {mlflow.__version__} against {mlflow.get_tracking_uri()}")
    return Checks(f"mlflow {'.'.join(mlflow.__version__.split('.')[:2])} {title}")
