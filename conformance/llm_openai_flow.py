"""OpenAI's own client for Python against the gateway and a simulated provider: every call, every kind of error, and the money."""

import asyncio
import json
import sys

import openai
from openai import AsyncOpenAI, OpenAI

from checks import Checks, Skip, holds, same
from gateway import SIMULATOR, SPENDER, STARTS, WEATHER, declare, invoiced, nano, now, once, settled
from pilothouse import KEY, URL

QUESTION = [{"role": "user", "content": "Where is the harbour?"}]
TOOLS = [{"type": "function", "function": {"name": "weather", "description": "The weather of a city", "parameters": WEATHER}}]


def client(**more):
    return OpenAI(**{"api_key": KEY, "base_url": f"{URL}/v1", **more})


def refused(kind, ask, status):
    try:
        ask()
    except openai.APIStatusError as e:
        same((type(e), e.status_code), (kind, status), str(e))
        holds(e.body and e.body["message"] and e.body["type"], e.body)
        return e
    raise AssertionError(f"{kind.__name__} was expected")


def chat():
    before = invoiced()
    raw = client().chat.completions.with_raw_response.create(model="chat", messages=QUESTION)
    answer = raw.parse()
    holds(answer.choices[0].message.content.startswith(STARTS), answer)
    same((answer.choices[0].finish_reason, answer.usage.completion_tokens), ("stop", 16))
    same(int(raw.headers["x-pilothouse-cost-nano-usd"]), invoiced() - before)
    same(raw.headers["x-pilothouse-model"], "sim/sim-mini")
    holds(raw.headers["x-pilothouse-price-version"] and raw.headers["x-pilothouse-degraded"] == "false", raw.headers)


def stream():
    for usage in (False, True):
        more = {"stream_options": {"include_usage": True}} if usage else {}
        chunks = list(client().chat.completions.create(model="chat", messages=QUESTION, stream=True, **more))
        text = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
        holds(text.startswith(STARTS), text)
        same([choice.finish_reason for chunk in chunks for choice in chunk.choices if choice.finish_reason], ["stop"])
        same([chunk.usage.completion_tokens for chunk in chunks if chunk.usage], [16] if usage else [])
        same(all(chunk.choices for chunk in chunks), not usage)


def tools():
    call = client().chat.completions.create(model="tools", messages=QUESTION, tools=TOOLS).choices[0].message.tool_calls[0]
    same(call.function.name, "weather")
    json.loads(call.function.arguments)
    chunks = client().chat.completions.create(model="tools", messages=QUESTION, tools=TOOLS, stream=True)
    parts = [part for chunk in chunks for choice in chunk.choices for part in choice.delta.tool_calls or []]
    same([part.function.name for part in parts if part.function.name], ["weather"])
    json.loads("".join(part.function.arguments or "" for part in parts))


def choices():
    answer = client().chat.completions.create(model="chat", messages=QUESTION, n=3)
    same(([choice.index for choice in answer.choices], answer.usage.completion_tokens), ([0, 1, 2], 48))


def json_mode():
    answer = client().chat.completions.create(model="chat", messages=QUESTION, response_format={"type": "json_object"})
    holds(isinstance(json.loads(answer.choices[0].message.content), dict), answer)


def responses():
    answer = client().responses.create(model="chat", input="Where is the harbour?")
    holds(answer.output_text.startswith(STARTS) and answer.usage.output_tokens == 16, answer)
    events = list(client().responses.create(model="chat", input="Where is the harbour?", stream=True))
    same((events[0].type, events[-1].type), ("response.created", "response.completed"))
    same([event.sequence_number for event in events], sorted(event.sequence_number for event in events))
    holds("".join(e.delta for e in events if e.type == "response.output_text.delta").startswith(STARTS), events)


def embeddings():
    encoded = client().embeddings.create(model="vectors", input=["a", "b"])
    plain = client().embeddings.create(model="vectors", input=["a", "b"], encoding_format="float")
    same(len(encoded.data), 2)
    for one, other in zip(encoded.data, plain.data):
        holds(len(one.embedding) > 100 and max(abs(a - b) for a, b in zip(one.embedding, other.embedding)) < 1e-6, one)


def moderations():
    same(client().moderations.create(model="safety", input="fine").results[0].flagged, False)


def models():
    names = [model.id for model in client().models.list()]
    holds({"chat", "claude", "vectors"} <= set(names), names)
    same(client().models.retrieve("chat").id, "chat")


def completions():
    holds(STARTS in client().completions.create(model="chat", prompt="Where?").choices[0].text, "plain")
    chunks = client().completions.create(model="chat", prompt="Where?", stream=True)
    holds(STARTS in "".join(choice.text for chunk in chunks for choice in chunk.choices), "stream")


def other_protocol():
    answer = client().chat.completions.create(model="claude", messages=QUESTION, max_tokens=40)
    holds(answer.choices[0].message.content.startswith(STARTS) and answer.usage.completion_tokens == 16, answer)
    chunks = client().chat.completions.create(model="claude", messages=QUESTION, max_tokens=40, stream=True)
    holds("".join(c.delta.content or "" for chunk in chunks for c in chunk.choices).startswith(STARTS), "stream")


def errors():
    ask = client(max_retries=0).chat.completions.create
    refused(openai.BadRequestError, lambda: ask(model="chat", messages=QUESTION, max_tokens=-1), 400)
    refused(openai.BadRequestError, lambda: ask(model="chat", messages=[]), 400)
    refused(openai.NotFoundError, lambda: ask(model="no-such-model", messages=QUESTION), 404)
    refused(openai.RateLimitError, lambda: ask(model="limited", messages=QUESTION), 429)
    refused(openai.InternalServerError, lambda: ask(model="broken", messages=QUESTION), 500)
    wrong = client(api_key="ph_wrong").chat.completions.create
    refused(openai.AuthenticationError, lambda: wrong(model="chat", messages=QUESTION), 401)


def over_budget():
    for name, ask in {
            "createChatCompletion": lambda: client().chat.completions.create(model="chat", messages=QUESTION, user=SPENDER),
            "createResponse": lambda: client().responses.create(model="chat", input="Where?", user=SPENDER)}.items():
        same(once(name, lambda ask=ask: over(ask)), 1, name)
    same(once("createChatCompletion", lambda: over(
        lambda: client().chat.completions.create(model="chat", messages=QUESTION, user=SPENDER, stream=True))), 1, "stream")


def over(ask):
    before = invoiced()
    error = refused(openai.RateLimitError, ask, 429)
    holds("tiny-" in error.message, error.message)
    same(error.response.headers["x-should-retry"], "false")
    same(error.response.headers["x-pilothouse-cost-nano-usd"], "0")
    holds(int(error.response.headers["retry-after"]) > 0, error.response.headers)
    same(invoiced(), before)


def abandoned():
    since, before = now(), invoiced()
    with client().chat.completions.create(model="slow", messages=QUESTION, stream=True) as chunks:
        for _, _ in zip(chunks, range(3)):
            pass
    rows = settled("slow", since)
    same(len(rows), 1)
    holds(rows[0]["outcome"] in ("aborted", "bounded"), rows)
    holds(nano(rows[0]["costUsd"]) >= invoiced() - before > 0, (rows, invoiced() - before))


def batches():
    def upload(count, **more):
        lines = [{"custom_id": f"q-{i}", "method": "POST", "url": "/v1/chat/completions",
                  "body": {"model": "chat", "messages": QUESTION, "max_tokens": 40, **more}} for i in range(count)]
        content = "\n".join(json.dumps(line) for line in lines).encode()
        return client().files.create(file=("questions.jsonl", content), purpose="batch").id

    def begin(file):
        return client().batches.create(input_file_id=file, endpoint="/v1/chat/completions", completion_window="24h", metadata={"a": "b"})

    before = invoiced()
    batch = begin(upload(3))
    same(batch.metadata, {"a": "b"})
    raw = client().batches.with_raw_response.retrieve(batch.id)
    ended = raw.parse()
    same((ended.status, ended.request_counts.completed), ("completed", 3))
    same(int(raw.headers["x-pilothouse-cost-nano-usd"]), invoiced() - before)
    answers = [json.loads(line) for line in client().files.content(ended.output_file_id).text.splitlines()]
    same([answer["custom_id"] for answer in answers], ["q-0", "q-1", "q-2"])
    holds(batch.id in [each.id for each in client().batches.list(limit=5)], "list")
    error = refused(openai.BadRequestError, lambda: upload(1, model="no-such-model"), 400)
    holds("Line 1" in error.message, error.message)
    file = upload(1, user=SPENDER)
    same(once("createBatch", lambda: over(lambda: begin(file))), 1)
    same(client().files.delete(file).deleted, True)


def asynchronous():
    async def all_at_once():
        async with AsyncOpenAI(api_key=KEY, base_url=f"{URL}/v1") as many:
            answers = await asyncio.gather(*(many.chat.completions.create(model="chat", messages=QUESTION) for _ in range(10)))
            return [answer.choices[0].message.content.startswith(STARTS) for answer in answers]

    same(asyncio.run(all_at_once()), [True] * 10)


def main():
    checks = Checks(f"openai {openai.__version__}")
    if not SIMULATOR:
        checks.run("chat", lambda: Skip("no simulated provider was named in SIMULATOR_URL"))
        return checks.finish()
    checks.run("a provider behind aliases", declare)
    for name, check in {
            "chat, with the cost that the provider bills": chat, "chat as a stream, with and without usage": stream,
            "tools": tools, "three choices": choices, "JSON mode": json_mode, "responses": responses, "embeddings": embeddings,
            "moderations": moderations, "models": models, "completions": completions, "a model of Anthropic's": other_protocol,
            "errors are of the client's classes": errors, "over budget is one request": over_budget,
            "a stream that is left is charged": abandoned, "ten at once": asynchronous,
            "a batch, with the cost that the provider bills": batches}.items():
        checks.run(name, check)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
