//! Where a module may speak another one's language: in its anti-corruption layer, and where it is put together.

use super::{
    breach::{self, Breach, THREE_CRATES},
    graph::GRAPH,
    tree::{File, TREE, Tree, names},
};

/// Every line of a module that names the contract of another one, outside `infra/src/acl/` and `infra/src/module.rs`.
fn foreign_words(tree: &Tree, modules: &[&str]) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for file in tree.sources("modules/") {
        let Some((own, layer)) = file.module() else { continue };
        let inside = file.path.split_once("/src/").map_or("", |(_, inside)| inside);
        // There it may be spoken, but not handed on under another name.
        let allowed =
            layer == "infra" && (inside.starts_with("acl/") || matches!(inside, "acl.rs" | "module.rs"));
        let forbidden = |code: &str| !allowed || code.trim_start().starts_with("pub") && names(code, "use");
        for other in modules.iter().filter(|other| **other != own) {
            let contract = format!("{other}_contract");
            breaches.extend(file.code().filter(|(_, code)| names(code, &contract) && forbidden(code)).map(|(line, _)| Breach {
                place: format!("{}:{line}", file.path),
                what: format!("{own} speaks the language of {other} ({contract})"),
                law: THREE_CRATES,
                remedy: "translate in infra/src/acl/: there a need of the core is answered by the other's port",
            }));
        }
    }
    breaches
}

/// The modules, by their directories.
fn modules() -> Vec<&'static str> {
    GRAPH.members.iter().filter_map(|it| it.dir.strip_prefix("modules/")?.strip_suffix("/contract")).collect()
}

#[test]
fn contracts_of_others_are_named_only_in_the_anti_corruption_layer() {
    assert!(modules().len() >= 3, "{:?}", modules());
    breach::none(&foreign_words(&TREE, &modules()));
}

#[test]
fn the_anti_corruption_layer_of_ordering_is_where_this_looks() {
    let acl = TREE.sources("modules/ordering/infra/src/acl/");
    assert!(acl.flat_map(File::code).any(|(_, code)| names(code, "inventory_contract")));
}

#[test]
fn a_planted_foreign_word_is_found() {
    let tree = Tree::planted(&[
        ("modules/a/infra/src/acl/b.rs", "use b_contract::B;"),
        ("modules/a/infra/src/module.rs", "use b_contract::B;\npub(crate) use b_contract::B as Hidden;"),
        (
            "modules/a/infra/src/store.rs",
            "//! Unlike `b_contract`.\nuse a_contract::A;\nfn f(b: &dyn b_contract::B) {}",
        ),
        ("modules/a/core/src/lib.rs", "use b_contract::Sku;"),
        ("app/src/compose.rs", "use b_contract::B;"),
    ]);
    breach::found(
        &foreign_words(&tree, &["a", "b"]),
        &[
            "modules/a/infra/src/module.rs:2: a speaks the language of b (b_contract)",
            "modules/a/infra/src/store.rs:3: a speaks the language of b (b_contract)",
            "modules/a/core/src/lib.rs:1: a speaks the language of b (b_contract)",
        ],
    );
}
