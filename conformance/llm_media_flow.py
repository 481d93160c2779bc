"""OpenAI's own client for Python: pictures, speech, transcripts and reranking through the gateway, and what each costs."""

import struct
import sys

import openai

from checks import Checks, Skip, holds, same
from gateway import SIMULATOR, SPENDER, STARTS, declare, invoiced, once
from llm_openai_flow import client, refused

PICTURE = ("harbour.png", b"\x89PNG\r\n\x1a\n")


def billed(ask, **more):
    """Asks, and holds the cost that the answer's headers tell against what the provider bills."""
    before = invoiced()
    raw = ask(**more)
    same(int(raw.headers["x-pilothouse-cost-nano-usd"]), invoiced() - before)
    return raw.parse()


def silence(milliseconds):
    """Plain samples of a WAV file."""
    samples = bytes(16 * milliseconds)
    form = struct.pack("<HHIIHH", 1, 1, 8_000, 16_000, 2, 16)
    return b"RIFF" + struct.pack("<I", 36 + len(samples)) + b"WAVEfmt \x10\0\0\0" + form + b"data" + struct.pack("<I", len(samples)) + samples


def pictures():
    raw = client().images.with_raw_response
    same(len(billed(raw.generate, model="picture", prompt="A harbour", n=2).data), 2)
    same(len(billed(raw.edit, model="picture", prompt="By day", image=PICTURE).data), 1)
    same(len(billed(raw.create_variation, model="picture", image=PICTURE, n=3).data), 3)


def streamed_pictures():
    events = list(client().images.generate(model="picture", prompt="A harbour", stream=True))
    same([event.type for event in events][-1], "image_generation.completed")
    holds(events[-1].b64_json, events[-1])


def speech():
    before = invoiced()
    with client().audio.speech.with_streaming_response.create(model="spoken", voice="alloy", input="Ahoy", response_format="wav") as sound:
        same(sound.headers["content-type"], "audio/wav")
        same(int(sound.headers["x-pilothouse-cost-nano-usd"]), 4 * 15_000)
        holds(len(sound.read()) > 0, "sound")
    same(invoiced() - before, 4 * 15_000)
    holds(len(client().audio.speech.create(model="spoken", voice="alloy", input="Ahoy").content) > 0, "sound")


def transcripts():
    raw = client().audio.transcriptions.with_raw_response
    file = ("silence.wav", silence(1_500))
    for form, text in {"json": lambda a: a.text, "verbose_json": lambda a: a.text, "text": lambda a: a, "srt": lambda a: a}.items():
        answer = billed(raw.create, model="heard", file=file, response_format=form)
        holds(STARTS in text(answer), (form, answer))
    holds(billed(client().audio.translations.with_raw_response.create, model="heard", file=file).text.startswith(STARTS), "translation")


def streamed_transcripts():
    events = list(client().audio.transcriptions.create(model="heard", file=("silence.wav", silence(900)), stream=True))
    same(events[-1].type, "transcript.text.done")
    holds("".join(event.delta for event in events if event.type == "transcript.text.delta").startswith(STARTS), events)


def rerank():
    before = invoiced()
    answer = client().post("/rerank", cast_to=object, body={
        "model": "ordered", "query": "Where is the harbour?", "documents": ["By the church.", "On the hill."]})
    same(sorted(result["index"] for result in answer["results"]), [0, 1])
    same(invoiced() - before, 2_000_000)


def errors():
    ask = client(max_retries=0)
    refused(openai.NotFoundError, lambda: ask.images.generate(model="no-such-model", prompt="A harbour"), 404)
    refused(openai.NotFoundError, lambda: ask.audio.transcriptions.create(model="no-such-model", file=("a.wav", silence(10))), 404)
    refused(openai.BadRequestError, lambda: ask.audio.speech.create(model="spoken", voice="alloy", input=["no text"]), 400)


def over_budget():
    def ask():
        return client().images.generate(model="picture", prompt="A harbour", user=SPENDER)

    before = invoiced()
    same(once("createImage", lambda: refused(openai.RateLimitError, ask, 429)), 1)
    same(invoiced(), before)


def main():
    checks = Checks(f"openai {openai.__version__}")
    if not SIMULATOR:
        checks.run("pictures", lambda: Skip("no simulated provider was named in SIMULATOR_URL"))
        return checks.finish()
    checks.run("a provider behind aliases", declare)
    for name, check in {
            "pictures made, changed and varied": pictures, "a picture as a stream": streamed_pictures,
            "speech, with its cost in front": speech, "transcripts in every form": transcripts,
            "a transcript as a stream": streamed_transcripts, "documents in order": rerank,
            "errors are of the client's classes": errors, "over budget is one request": over_budget}.items():
        checks.run(name, check)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
