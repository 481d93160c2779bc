"""What the flows of language models share: a simulated provider behind aliases, its invoice, and what the server counted."""

import json
import os
import time
import urllib.request

from pilothouse import TAG, api, call

SIMULATOR = os.environ.get("SIMULATOR_URL", "").rstrip("/")
PRICES = """
prices:
  - {provider: sim, model: sim-mini, usd-per-million: {input: 0.15, output: 0.6}}
  - {provider: sim, model: sim-mini, service-tier: batch, usd-per-million: {input: 0.075, output: 0.3}}
  - {provider: sim, model: sim-claude, usd-per-million: {input: 3, output: 15}}
  - {provider: sim, model: sim-embedding, usd-per-million: {input: 0.02, output: 0}}
  - {provider: sim, model: sim-moderation, usd-per-million: {input: 0, output: 0}}
  - {provider: sim, model: sim-image, usd-per-image: 0.04}
  - {provider: sim, model: sim-speech, usd-per-million-characters: 15}
  - {provider: sim, model: sim-transcribe, usd-per-audio-second: 0.0001}
  - {provider: sim, model: sim-rerank, usd-per-request: 0.002}
"""
SLOW = ";token-ms=20;output-tokens=100"
LIMITED = ";failure-rate=1;failure-status=429"
BROKEN = ";failure-rate=1;failure-status=500"
ALIASES = {
    "chat": ("sim", "sim-mini", ""), "tools": ("sim", "sim-mini", ";tool-calls=1"), "slow": ("sim", "sim-mini", SLOW),
    "limited": ("sim", "sim-mini", LIMITED), "broken": ("sim", "sim-mini", BROKEN), "vectors": ("sim", "sim-embedding", ""),
    "safety": ("sim", "sim-moderation", ""), "claude": ("claude", "sim-claude", ""), "claude-tools": ("claude", "sim-claude", ";tool-calls=1"),
    "claude-slow": ("claude", "sim-claude", SLOW), "claude-limited": ("claude", "sim-claude", LIMITED),
    "claude-broken": ("claude", "sim-claude", BROKEN), "picture": ("sim", "sim-image", ""), "spoken": ("sim", "sim-speech", ""),
    "heard": ("sim", "sim-transcribe", ""), "ordered": ("sim", "sim-rerank", "")}
WEATHER = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
SPENDER = f"spender-{TAG}"
STARTS = "harbour light"


def declare():
    """Prices, providers and aliases, and a budget of the user SPENDER that buys nothing."""
    prices = PRICES + "".join(
        f"  - {{provider: sim, model: '{model}{controls}', usd-per-million: {{input: {rates[0]}, output: {rates[1]}}}}}\n"
        for model, rates in (("sim-mini", (0.15, 0.6)), ("sim-claude", (3, 15)))
        for controls in (SLOW, LIMITED, BROKEN, ";tool-calls=1"))
    api("POST", "/api/v1/prices/imports?format=overlay&source=simulator", prices.encode(), "application/octet-stream")
    api("PUT", "/api/v1/providers/sim", {"kind": "compatible", "url": f"{SIMULATOR}/v1"})
    api("PUT", "/api/v1/providers/claude", {"kind": "anthropic", "prices": "sim", "url": f"{SIMULATOR}/v1"})
    for alias, (provider, model, controls) in ALIASES.items():
        api("PUT", f"/api/v1/aliases/{alias}", {"targets": [{"provider": provider, "model": model + controls}]})
    api("PUT", f"/api/v1/budgets/tiny-{TAG}", {"scope": f"user:{SPENDER}", "window": "day", "limit": "0.000000001"})


def invoiced():
    """What the provider bills so far, in nano-USD."""
    with urllib.request.urlopen(f"{SIMULATOR}/sim/invoice", timeout=10) as answer:
        return json.loads(answer.read())["nano_usd"]


def requests(operation):
    """HTTP requests of an operation that the server has answered, by its own meters."""
    _, _, text = call("GET", "/metrics")
    return sum(int(float(line.rsplit(" ", 1)[1])) for line in text.decode().splitlines()
               if line.startswith("http_server_requests_seconds_count{") and f'operation="{operation}"' in line)


def once(operation, refused):
    """Runs what is refused, and answers how many HTTP requests that took."""
    before = requests(operation)
    refused()
    return requests(operation) - before


def nano(usd):
    """Dollars of an answer, exact, as whole nano-USD."""
    whole, _, part = usd.partition(".")
    return int(whole) * 10**9 + int((part + "0" * 9)[:9])


def settled(alias, since, within=30):
    """The usage rows of an alias that came after a moment (ISO 8601), once there are some."""
    until = time.monotonic() + within
    while True:
        rows = api("GET", f"/api/v1/usage?alias={alias}&from={since}")["items"]
        if rows or time.monotonic() > until:
            return rows
        time.sleep(0.1)


def now():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
