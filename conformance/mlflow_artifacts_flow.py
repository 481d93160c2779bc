"""Artifacts through the proxy, small, many and large."""

import hashlib
import os
import sys
import tempfile
from pathlib import Path

import mlflow
import numpy as np

from checks import holds, same
from mlflow_here import TAG, client, started


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


def main():
    checks = started("artifacts")
    checks.run("a tree of artifacts comes back", artifact_tree)
    checks.run("a large artifact goes in parts and comes back in parts", large_artifact)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
