"""Runs what the pages of docs/how-to about clients tell their reader to type, in order."""

import os
import re
import subprocess
import sys
from pathlib import Path

from checks import Checks, Skip, holds

ROOT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"^```(bash|sh|python)\n(.*?)^```", re.MULTILINE | re.DOTALL)
# The reader's `python` is the one that this flow runs in.
SHELL = {**os.environ, "PATH": str(Path(sys.executable).parent) + os.pathsep + os.environ["PATH"]}


def shell(text):
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", text], cwd=ROOT, env=SHELL, capture_output=True, text=True, timeout=300, check=False)
    holds(done.returncode == 0, f"{text}\n{done.stdout[-1500:]}\n{done.stderr[-1500:]}")


def main():
    checks = Checks("pages")
    for page in ("log-with-mlflow.md", "call-a-model.md"):
        names = {}
        for number, (language, text) in enumerate(BLOCK.findall((ROOT / "docs" / "how-to" / page).read_text(encoding="utf-8")), 1):
            if language == "python":
                run = lambda: exec(compile(text, page, "exec"), names)
            elif language == "sh" and not (ROOT / "pilot").exists():
                run = lambda: Skip("there is no ./pilot here")
            else:
                run = lambda: shell(text)
            checks.run(f"{page}, block {number}", run)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
