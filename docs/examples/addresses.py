#!/usr/bin/env python3
"""An external enricher for feedmill: it finds e-mail addresses, as entities, and the longest sentence, as key sentence.

    pip install nats-py
    python3 addresses.py nats://127.0.0.1:4222

and in feedmill.yaml:

    enrich:
      external:
        - {name: addresses, subject: enrich.addresses, timeout: 2s}

Any number of these may run: they share the work. See external-enrichers.md for the messages.
"""

import asyncio
import json
import re
import sys

import nats

SCHEMA = "feedmill.enrich/1"
VERSION = "1"  # raise it when the same record would be answered otherwise
ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


def annotate(record):
    """Return what is to be added to the record. Offsets are those of Python's strings."""
    text = record.get("text", "")
    entities = {}
    for m in ADDRESS.finditer(text):
        entity = entities.setdefault(m.group().lower(), {"type": "other", "name": m.group(), "mentions": []})
        entity["mentions"].append({"start": m.start(), "end": m.end(), "text": m.group(), "kind": "name"})
    added = {"entities": list(entities.values())}
    sentences = [s for s in record.get("sentences") or [] if not s.get("in")]
    if sentences and not record.get("key_sentences"):
        added["key_sentences"] = [max(sentences, key=lambda s: s["end"] - s["start"])]
    return added


def answer(data):
    """Answer a request, given and returned as bytes."""
    reply = {"schema": SCHEMA, "version": VERSION}
    try:
        request = json.loads(data)
        if request["schema"] != SCHEMA:
            raise ValueError(f"the request has the schema {request['schema']}, want {SCHEMA}")
        reply.update(annotate(request["record"]))
    except Exception as err:  # whatever it is, feedmill is to be told; silence costs it the time-out
        reply["error"] = f"{type(err).__name__}: {err}"
    return json.dumps(reply).encode()


async def main(url):
    nc = await nats.connect(url)

    async def serve(msg):
        await msg.respond(answer(msg.data))

    await nc.subscribe("enrich.addresses", queue="addresses", cb=serve)
    print("answering on enrich.addresses; stop with Ctrl-C", file=sys.stderr)
    try:
        await asyncio.Event().wait()
    finally:
        await nc.drain()


if __name__ == "__main__":
    try:
        asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "nats://127.0.0.1:4222"))
    except KeyboardInterrupt:
        pass
