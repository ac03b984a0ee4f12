"""Hears the events of a system over RabbitMQ: binds a queue to the exchange of copies, and prints each event once.

    python events_over_rabbitmq.py amqp://guest:guest@127.0.0.1:5672/%2f outgrow 'ordering.v1.#' 3

The second argument is `[broker] prefix`, then which kinds, then after how many to end (never, if it is left out). All
properties and headers stand in adapters/rabbitmq/src/lib.rs.

The queue here is gone with its consumer. Whoever must not miss anything names one and makes it durable; and whoever
keeps the ids of what was done (here: in memory) with what was done has each event once.
"""

import json
import sys

import pika

PREFIX = "cloudEvents_"


def attributes(properties):
    """The attributes of a CloudEvent in binary mode: `id`, `type`, `subject`, and so on."""
    headers = properties.headers or {}
    return {name.removeprefix(PREFIX): value for name, value in headers.items() if name.startswith(PREFIX)}


def main(url, prefix, kinds="#", limit=None):
    connection = pika.BlockingConnection(pika.URLParameters(url))
    channel, exchange, seen = connection.channel(), f"{prefix}.events", set()
    channel.exchange_declare(exchange, exchange_type="topic", durable=True)
    queue = channel.queue_declare("", exclusive=True).method.queue
    channel.queue_bind(queue, exchange, routing_key=kinds)
    channel.basic_qos(prefetch_count=100)
    print("listening", flush=True)
    for method, properties, body in channel.consume(queue):
        event = attributes(properties)
        if event["id"] not in seen:
            seen.add(event["id"])
            print(event["id"], event["type"], event["subject"], json.loads(body), flush=True)
        channel.basic_ack(method.delivery_tag)
        if limit and len(seen) >= int(limit):
            break
    connection.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
