//! What the gRPC carrier promises: to callers here, to foreign clients, and when the other end misbehaves.

#[cfg(test)] // which is always so here: it lets clippy see that all of it is test code
mod grpc {
    mod calls;
    mod context;
    mod drain;
    mod example;
    mod failures;
    mod foreign;
    mod limits;
    mod network;
    mod reconnect;
    mod serving;
    mod unreadable;
    mod wire;
}
