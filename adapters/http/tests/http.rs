//! The edge from outside: what goes in as a request, and what exactly comes out.

#[cfg(test)]
mod http {
    mod bodies;
    mod context;
    mod failures;
    mod lists;
    mod prefer;
    mod server;
    mod shell;
    mod support;
    mod urls;
}
