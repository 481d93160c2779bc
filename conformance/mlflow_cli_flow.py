"""The mlflow command as a user types it."""

import subprocess
import sys
import tempfile
from pathlib import Path

import mlflow.cli
from click.testing import CliRunner

from checks import holds, same
from mlflow_here import TAG, client, started


def command_line():
    # A process of its own once; then in this one, because each start imports for seconds.
    done = subprocess.run([sys.executable, "-m", "mlflow", "experiments", "search"], capture_output=True, text=True, timeout=240, check=False)
    holds(done.returncode == 0 and "Default" in done.stdout, done.stderr[-1500:])

    def cli(*words):
        done = CliRunner().invoke(mlflow.cli.cli, words)
        holds(done.exit_code == 0, f"mlflow {' '.join(words)}: {done.output[-1500:]} {done.exception}")
        return done.output

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
    holds(run in cli("runs", "describe", "--run-id", run), "runs describe shows the run")
    cli("runs", "delete", "--run-id", run)
    same(client.get_run(run).info.lifecycle_stage, "deleted")
    cli("runs", "restore", "--run-id", run)
    cli("experiments", "rename", "--experiment-id", experiment, "--new-name", f"cli-{TAG}-renamed")
    cli("experiments", "delete", "--experiment-id", experiment)
    same(client.get_experiment(experiment).lifecycle_stage, "deleted")
    cli("experiments", "restore", "--experiment-id", experiment)
    same([run in line for line in cli("experiments", "csv", "--experiment-id", experiment).splitlines()].count(True), 1, "rows of the run")


def main():
    checks = started("command line")
    checks.run("the mlflow command line", command_line)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
