"""Names, runs and counts checks: each is a function; one failing does not stop the others."""

import sys
import time
import traceback


class Checks:
    """Runs checks in the order they are given and remembers how they went."""

    def __init__(self, title):
        self.title = title
        self.passed = 0
        self.failed = 0
        self.skipped = 0

    def run(self, name, check, quiet=False):
        """Runs one; quiet says nothing about it where it passes."""
        started = time.monotonic()
        try:
            reason = check()
        except Exception:  # a check may fail in any way its client can
            self.failed += 1
            print(f"FAIL {self.title}: {name}")
            traceback.print_exc(file=sys.stdout)
            return
        took = time.monotonic() - started
        if isinstance(reason, Skip):
            self.skipped += 1
            print(f"skip {self.title}: {name}: {reason}")
        else:
            self.passed += 1
            if not quiet:
                print(f"ok   {self.title}: {name} ({took:.1f} s)")

    def finish(self):
        print(f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped")
        return 1 if self.failed else 0


class Skip(str):
    """What a check answers that could not run here, with the reason."""


def same(actual, expected, what=""):
    if actual != expected:
        raise AssertionError(f"{what}: expected {expected!r}, got {actual!r}")


def holds(condition, what):
    if not condition:
        raise AssertionError(what)
