"""Schemathesis against what the OpenAPI document describes, but for keys, sessions, people and streams: no request may end in a fault, no
answer may differ from its description.

It declares and removes what it likes, so that it runs last, and only where it is named or the server was started for these flows.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

from checks import Checks, holds
from pilothouse import KEY, URL, call

# What would end the key that it asks with, and answers that do not end.
LEFT_OUT = "session|/keys|principals|stream|events|/logs|watch"
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,response_headers_conformance,unsupported_method"
# What it calls a runtime error is one of its own, in which it gives an operation up.
FAULT = re.compile(r"^(- ST\d+ .*|Network Error)$", re.MULTILINE)


def document():
    """Without its keys, or wrong ones would be tried until this address has to wait."""
    status, _, text = call("GET", "/api/v1/openapi.yaml")
    holds(status == 200, text)
    found = yaml.safe_load(text)
    found.pop("security", None)
    found["components"].pop("securitySchemes", None)
    for path in found["paths"].values():
        for operation in path.values():
            if isinstance(operation, dict):
                operation.pop("security", None)
    return found


def run(phase, examples):
    with tempfile.TemporaryDirectory() as folder:
        described = Path(folder, "openapi.json")
        described.write_text(json.dumps(document(), default=str))
        done = subprocess.run(
            [Path(sys.executable).with_name("schemathesis"), "run", described, "--url", URL, "-H", f"Authorization: Bearer {KEY}", "--checks", CHECKS,
             "--phases", phase, "--max-examples", str(examples), "--seed", "7", "--request-timeout", "30", "--exclude-path-regex", LEFT_OUT,
             "--workers", "2", "--no-color", "--continue-on-failure", "--generation-database", "none"],
            cwd=folder, capture_output=True, text=True, check=False)
    holds(re.search(r"^Test cases:\n +\d+ generated", done.stdout, re.MULTILINE), done.stdout[-2000:] + done.stderr[-2000:])
    faults = FAULT.findall(done.stdout)
    holds(not faults, f"{len(faults)} faults: {sorted(set(faults))}\n{done.stdout[done.stdout.find('= FAILURES'):][:6000]}")


def every_member_at_its_bounds():
    run("coverage", 1)


def what_it_makes_up():
    run("fuzzing", 15)


checks = Checks("openapi_fuzz")
for check in (every_member_at_its_bounds, what_it_makes_up):
    checks.run(check.__name__, check)
sys.exit(checks.finish())
