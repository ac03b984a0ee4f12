//! Calls over a real broker (`OUTGROW_TEST_RABBITMQ`, default `amqp://guest:guest@127.0.0.1:5672/%2f`). Each test has
//! queues of its own; those that stop, fill or otherwise disturb their broker start a private one.

#[cfg(test)]
mod rabbitmq {
    mod broker;
    mod calls;
    mod events;
    #[path = "../../../grpc/tests/grpc/example.rs"]
    mod example;
    mod failures;
    mod foreign;
    mod inbox;
    mod outages;
}
