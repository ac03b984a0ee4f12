"""A client of Inventory over RabbitMQ: receives and reserves stock, and reads a typed refusal.

    shop contracts export --out api
    python -m grpc_tools.protoc -I api --python_out=gen inventory/v1/inventory.proto
    PYTHONPATH=gen python over_rabbitmq.py amqp://guest:guest@127.0.0.1:5672/%2f outgrow

The second argument is `[broker] prefix`. All properties and headers stand in adapters/rabbitmq/src/lib.rs.
"""

import sys
import time
import uuid

import pika
from inventory.v1.inventory_pb2 import InventoryRefusal, ReceiveStock, Reservation, ReserveStock, StockLevel, StockLine

REPLY_TO = "amq.rabbitmq.reply-to"
BUDGET_MS = 5000


class Port:
    """Calls one port, one call at a time. `call` gives the outcome, its code, and the message or a sentence."""

    def __init__(self, url, queue):
        self.connection = pika.BlockingConnection(pika.URLParameters(url))
        self.channel, self.queue, self.replies = self.connection.channel(), queue, {}
        self.channel.confirm_delivery()  # so that what nobody serves is an error, not silence
        # Direct reply-to: consume first, without acknowledgements, on the channel that publishes.
        self.channel.basic_consume(REPLY_TO, self.replied, auto_ack=True)

    def replied(self, _channel, _method, properties, body):
        self.replies[properties.correlation_id] = (properties.headers, body)

    def call(self, method, request, answer, refusal=InventoryRefusal):
        correlation = str(uuid.uuid4())
        headers = {
            "outgrow-method": method,
            "outgrow-budget-ms": str(BUDGET_MS),
            "outgrow-caller": "operator",
            "idempotency-key": str(uuid.uuid4()),
        }
        properties = pika.BasicProperties(
            reply_to=REPLY_TO, correlation_id=correlation, expiration=str(BUDGET_MS), headers=headers
        )
        try:
            self.channel.basic_publish("", self.queue, request.SerializeToString(), properties, mandatory=True)
        except (pika.exceptions.UnroutableError, pika.exceptions.NackError):
            return "not-executed", "unreachable", "nobody serves the port"
        end = time.monotonic() + BUDGET_MS / 1000
        while correlation not in self.replies and time.monotonic() < end:
            self.connection.process_data_events(time_limit=end - time.monotonic())
        if correlation not in self.replies:
            return "in-doubt", "expired", "no answer in time"
        headers, body = self.replies.pop(correlation)
        outcome = headers["outgrow-outcome"]
        if outcome == "answered":
            return outcome, "", answer.FromString(body)
        if outcome == "refused":
            refused = refusal.FromString(body)
            kind = refused.WhichOneof("kind")  # none is a variant of a newer version: refused all the same
            return outcome, kind, getattr(refused, kind) if kind else headers["outgrow-message"]
        return outcome, headers["outgrow-cause"], body.decode()


def main(url, prefix):
    inventory, sku = Port(url, f"{prefix}.call.inventory.v1.Inventory"), f"py-{uuid.uuid4().hex[:8]}"
    outcome, _, level = inventory.call("Receive", ReceiveStock(sku=sku, quantity=5), StockLevel)
    print(outcome, "available", level.available)
    for quantity in (2, 4):
        lines = [StockLine(sku=sku, quantity=quantity)]
        order = ReserveStock(reservation=str(uuid.uuid4()), lines=lines)
        outcome, kind, said = inventory.call("Reserve", order, Reservation)
        print(outcome, "state", said.state) if outcome == "answered" else print(outcome, kind, said.available)
    print(*inventory.call("Count", ReceiveStock(), StockLevel)[:2])
    print(*Port(url, f"{prefix}.call.nobody.v1.Nobody").call("Count", ReceiveStock(), StockLevel)[:2])


if __name__ == "__main__":
    main(*sys.argv[1:])
