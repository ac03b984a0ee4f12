//! The guide that shows this code shows this very code.

use std::{fs, path::Path};

/// Every block of Rust in the guide stands, as it is, in one of these files.
#[test]
fn every_line_of_rust_in_the_guide_is_compiled_here() {
    let app = Path::new(env!("CARGO_MANIFEST_DIR"));
    let guide = fs::read_to_string(app.join("../docs/guides/evolving-a-contract.md")).unwrap();
    let sources: Vec<_> = ["parcels_v2", "parcels_older", "side_by_side"]
        .map(|name| fs::read_to_string(app.join(format!("tests/versions/{name}.rs"))).unwrap())
        .into();
    let blocks: Vec<_> =
        guide.split("```rust\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(blocks.len() >= 6, "the guide shows code");
    for block in blocks {
        assert!(sources.iter().any(|source| source.contains(block)), "nowhere in the tests:\n{block}");
    }
}
