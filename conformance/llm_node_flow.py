"""The clients of OpenAI and Anthropic for Node: installs them beside node/flow.mjs and runs it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from checks import Checks, Skip
from gateway import SIMULATOR, SPENDER, declare

HERE = Path(__file__).parent / "node"


def why_not():
    if not SIMULATOR:
        return "no simulated provider was named in SIMULATOR_URL"
    if shutil.which("node") is None or shutil.which("npm") is None:
        return "Node with npm is not installed here"
    done = subprocess.run(["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"], cwd=HERE,
                          capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else "its packages cannot be installed: " + done.stderr.strip()[-300:]


def main():
    reason = why_not()
    if reason:
        checks = Checks("node")
        checks.run("clients", lambda: Skip(reason))
        return checks.finish()
    declare()
    return subprocess.run(["node", "flow.mjs"], cwd=HERE, env={**os.environ, "GATEWAY_SPENDER": SPENDER}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
