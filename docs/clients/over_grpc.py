"""A client of Inventory over gRPC: receives and reserves stock, and reads a typed refusal.

    shop contracts export --out api
    python -m grpc_tools.protoc -I api --python_out=gen --grpc_python_out=gen \
        inventory/v1/inventory.proto outgrow/v1/outgrow.proto
    PYTHONPATH=gen python over_grpc.py 127.0.0.1:7101

What the headers mean, and which failure has which code, stands in adapters/grpc/src/lib.rs.
"""

import sys
import uuid

import grpc
from grpc_status import rpc_status
from inventory.v1.inventory_pb2 import InventoryRefusal, ReceiveStock, ReserveStock, StockLine, StockQuery
from inventory.v1.inventory_pb2_grpc import InventoryStub
from outgrow.v1.outgrow_pb2 import CallFailure, Executed

BUDGET = 5  # seconds; it travels with the call, and the callee keeps to it


def headers(key=None):
    """Who calls, and for a command the key under which repeating it has no second effect."""
    caller = [("outgrow-caller", "operator")]
    return caller + [("idempotency-key", key)] if key else caller


def explain(error):
    """What a failed call means: the port's own refusal, or whether it may have had its effect."""
    status = rpc_status.from_call(error)
    for detail in status.details if status else []:
        refusal, failure = InventoryRefusal(), CallFailure()
        if detail.Unpack(refusal):
            # None is a variant of a newer version: refused all the same.
            kind = refusal.WhichOneof("kind")
            return "refused", kind, getattr(refusal, kind) if kind else status.message
        if detail.Unpack(failure):
            return Executed.Name(failure.executed), failure.kind, failure.detail
    # Nothing of ours: the connection failed, and only what was never sent is certain to have had no effect.
    return "EXECUTED_IN_DOUBT", error.code().name, error.details()


def main(address):
    sku = f"py-{uuid.uuid4().hex[:8]}"
    with grpc.insecure_channel(address) as channel:
        inventory = InventoryStub(channel)

        received = inventory.Receive(
            ReceiveStock(sku=sku, quantity=5), timeout=BUDGET, metadata=headers(key=str(uuid.uuid4()))
        )
        print("received: available", received.available)

        key, reservation = str(uuid.uuid4()), str(uuid.uuid4())
        order = ReserveStock(reservation=reservation, lines=[StockLine(sku=sku, quantity=2)])
        for _ in range(2):  # the second is answered as the first was, and reserves nothing
            held = inventory.Reserve(order, timeout=BUDGET, metadata=headers(key))
            print("reserved: the same", held.id == reservation, "state", held.state)
        level = inventory.Stock(StockQuery(sku=sku), timeout=BUDGET, metadata=headers())
        print("stock: reserved", level.reserved, "available", level.available)

        too_much = ReserveStock(reservation=str(uuid.uuid4()), lines=[StockLine(sku=sku, quantity=4)])
        try:
            inventory.Reserve(too_much, timeout=BUDGET, metadata=headers(key=str(uuid.uuid4())))
        except grpc.RpcError as error:
            outcome, kind, detail = explain(error)
            print(outcome, kind, "right sku", detail.sku == sku, "available", detail.available)

        try:  # a caller that nobody knows
            inventory.Stock(StockQuery(sku=sku), timeout=BUDGET, metadata=[("outgrow-caller", "stranger")])
        except grpc.RpcError as error:
            print(*explain(error)[:2])


if __name__ == "__main__":
    main(sys.argv[1])
