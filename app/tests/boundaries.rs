//! The boundaries, held: what the architecture forbids, this refuses.
//!
//! Each check is a function from data (the graph of crates, the files of the tree, the specs of the modules) to a
//! list of breaches. Each is run twice: on the real tree, where it must find none, and on a planted breach, which it
//! must find. So no check can pass because it looks at nothing.
//!
//! `docs/exercises.md` lists changes to try. Not here: what the compiler refuses by itself (the UI tests of
//! `kit/outgrow`), and what only a running shop can show (the other test binaries of this crate).

#[cfg(test)]
mod boundaries {
    mod acl;
    mod breach;
    mod claims;
    mod crash_points;
    mod doors;
    mod graph;
    mod io;
    mod jotted;
    mod law;
    mod manifests;
    mod migrations;
    mod source;
    mod specs;
    mod tree;
}
