"""Anthropic's own client for Python against the gateway and a simulated provider."""

import json
import sys

import anthropic
from anthropic import Anthropic

from checks import Checks, Skip, holds, same
from gateway import SIMULATOR, SPENDER, STARTS, WEATHER, declare, invoiced, nano, now, once, settled
from pilothouse import KEY, URL

ASK = {"model": "claude", "max_tokens": 40, "messages": [{"role": "user", "content": "Where is the harbour?"}]}
TOOLS = [{"name": "weather", "description": "The weather of a city", "input_schema": WEATHER}]


def client(**more):
    return Anthropic(**{"api_key": KEY, "base_url": URL, **more})


def refused(kind, ask, status, word):
    try:
        ask()
    except anthropic.APIStatusError as e:
        same((type(e), e.status_code), (kind, status), str(e))
        same((e.body["type"], e.body["error"]["type"]), ("error", word), e.body)
        return e
    raise AssertionError(f"{kind.__name__} was expected")


def message():
    before = invoiced()
    raw = client().messages.with_raw_response.create(**ASK)
    answer = raw.parse()
    holds(answer.content[0].text.startswith(STARTS), answer)
    same((answer.stop_reason, answer.usage.output_tokens), ("end_turn", 16))
    same(int(raw.headers["x-pilothouse-cost-nano-usd"]), invoiced() - before)


def stream():
    with client().messages.stream(**ASK) as events:
        holds("".join(events.text_stream).startswith(STARTS), "text")
        whole = events.get_final_message()
    same((whole.stop_reason, whole.usage.output_tokens), ("end_turn", 16))
    kinds = [event.type for event in client().messages.create(**ASK, stream=True)]
    same((kinds[0], kinds[-1], kinds.count("message_delta")), ("message_start", "message_stop", 1))


def tools():
    ask = {**ASK, "model": "claude-tools", "tools": TOOLS}
    answer = client().messages.create(**ask)
    same((answer.stop_reason, answer.content[-1].type, answer.content[-1].name), ("tool_use", "tool_use", "weather"))
    with client().messages.stream(**ask) as events:
        whole = events.get_final_message()
    same((whole.content[-1].name, whole.stop_reason), ("weather", "tool_use"))
    json.dumps(whole.content[-1].input)


def counted():
    one = client().messages.count_tokens(model="claude", messages=ASK["messages"]).input_tokens
    same(client().messages.create(**ASK).usage.input_tokens, one)


def models():
    holds({"chat", "claude"} <= {model.id for model in client().models.list(limit=100)}, "names")


def other_protocol():
    answer = client().messages.create(**{**ASK, "model": "chat"})
    holds(answer.content[0].text.startswith(STARTS) and answer.usage.output_tokens == 16, answer)
    with client().messages.stream(**{**ASK, "model": "chat"}) as events:
        holds("".join(events.text_stream).startswith(STARTS), "stream")


def errors():
    ask = client(max_retries=0).messages.create
    refused(anthropic.BadRequestError, lambda: ask(**{**ASK, "max_tokens": -1}), 400, "invalid_request_error")
    refused(anthropic.NotFoundError, lambda: ask(**{**ASK, "model": "no-such-model"}), 404, "not_found_error")
    refused(anthropic.RateLimitError, lambda: ask(**{**ASK, "model": "claude-limited"}), 429, "rate_limit_error")
    refused(anthropic.InternalServerError, lambda: ask(**{**ASK, "model": "claude-broken"}), 500, "api_error")
    wrong = client(api_key="ph_wrong").messages.create
    refused(anthropic.AuthenticationError, lambda: wrong(**ASK), 401, "authentication_error")


def over_budget():
    ask = {**ASK, "metadata": {"user_id": SPENDER}}
    for more in ({}, {"stream": True}):
        before = invoiced()
        same(once("createMessage", lambda more=more: over(lambda: client().messages.create(**ask, **more))), 1, str(more))
        same(invoiced(), before)


def over(ask):
    error = refused(anthropic.RateLimitError, ask, 429, "rate_limit_error")
    holds("tiny-" in str(error), error)
    same(error.response.headers["x-should-retry"], "false")
    same(error.response.headers["x-pilothouse-cost-nano-usd"], "0")


def abandoned():
    since, before = now(), invoiced()
    with client().messages.create(**{**ASK, "model": "claude-slow", "max_tokens": 200}, stream=True) as events:
        for _, _ in zip(events, range(4)):
            pass
    rows = settled("claude-slow", since)
    same(len(rows), 1)
    holds(rows[0]["outcome"] in ("aborted", "bounded"), rows)
    holds(nano(rows[0]["costUsd"]) >= invoiced() - before > 0, (rows, invoiced() - before))


def main():
    checks = Checks(f"anthropic {anthropic.__version__}")
    if not SIMULATOR:
        checks.run("a message", lambda: Skip("no simulated provider was named in SIMULATOR_URL"))
        return checks.finish()
    checks.run("a provider behind aliases", declare)
    for name, check in {
            "a message, with the cost that the provider bills": message, "a message as a stream": stream, "tools": tools,
            "tokens are counted": counted, "models": models, "a model of OpenAI's": other_protocol,
            "errors are of the client's classes": errors, "over budget is one request": over_budget,
            "a stream that is left is charged": abandoned}.items():
        checks.run(name, check)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
