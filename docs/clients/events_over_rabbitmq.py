"""Hears the events of a system over RabbitMQ: binds a queue to the exchange of copies, and prints each event once.

    shop contracts export --out api
    python events_over_rabbitmq.py amqp://guest:guest@127.0.0.1:5672/%2f outgrow api/ordering/v1/ordering.v1.events.json 3

The second argument is `[broker] prefix`, the third the schema of the events of one contract, then after how many events to
end (never, if it is left out). Each is printed as a CloudEvent in JSON, and its data are held against the schema. Where to
bind, and which headers there are, stands beside the schema in `ordering.v1.asyncapi.json`.

The queue here is gone with its consumer. Whoever must not miss anything names one and makes it durable; and whoever
keeps the ids of what was done (here: in memory) with what was done has each event once.
"""

import json
import sys

import pika
from jsonschema import Draft202012Validator

PREFIX = "cloudEvents_"


def attributes(properties):
    """The attributes of a CloudEvent in binary mode: `id`, `type`, `subject`, and so on."""
    headers = properties.headers or {}
    return {name.removeprefix(PREFIX): value for name, value in headers.items() if name.startswith(PREFIX)}


def readers(path):
    """A validator for each kind of event that the schema knows. Other definitions are types that events use."""
    with open(path, encoding="utf-8") as file:
        schema = json.load(file)
    return {
        kind: Draft202012Validator(
            {**schema, "$ref": f"#/$defs/{kind}"}, format_checker=Draft202012Validator.FORMAT_CHECKER
        )
        for kind in schema["$defs"]
    }


def package(path):
    """`ordering.v1` of `api/ordering/v1/ordering.v1.events.json`."""
    return path.rsplit("/", 1)[-1].removesuffix(".events.json")


def main(url, prefix, schema, limit=None):
    connection = pika.BlockingConnection(pika.URLParameters(url))
    channel, exchange, known, seen = connection.channel(), f"{prefix}.events", readers(schema), set()
    channel.exchange_declare(exchange, exchange_type="topic", durable=True)
    queue = channel.queue_declare("", exclusive=True).method.queue
    channel.queue_bind(queue, exchange, routing_key=f"{package(schema)}.#")
    channel.basic_qos(prefetch_count=100)
    print("listening", flush=True)
    for method, properties, body in channel.consume(queue):
        event = attributes(properties)
        if event["id"] in seen:
            print("again", event["id"], flush=True)
        elif event["type"] not in known:
            print("newer", event["type"], flush=True)
        else:
            data = json.loads(body)
            known[event["type"]].validate(data)
            seen.add(event["id"])
            print("event", json.dumps({**event, "data": data}, sort_keys=True), flush=True)
        channel.basic_ack(method.delivery_tag)
        if limit and len(seen) >= int(limit):
            break
    connection.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
