//! The exported files: as they are in the tree, and told apart from what they should be.
//!
//! `OUTGROW_EXPORT=1 cargo test -p outgrow` writes them anew (for contracts the command line does).

use outgrow::{
    Answer, CallContext, Port as _, PortDesc, Unread, Wire, port,
    schema::{self, Export},
};

use super::{contract::Inventory, everything::Mirror};

const HERE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kernel");
const INVENTORY: (&str, &str) = (include_str!("inventory.v1.proto"), include_str!("inventory.lock"));

/// Writes the files instead of checking them, if that was asked for.
fn exported(proto: &str, lock: &str, export: Result<Export, Vec<String>>) -> bool {
    let asked = std::env::var_os("OUTGROW_EXPORT").is_some();
    if asked {
        let Export { proto: text, lock: numbers } = export.expect("no breach");
        std::fs::write(proto, text).expect("written");
        std::fs::write(lock, numbers).expect("written");
    }
    asked
}

/// The code of the contract, with one thing changed in its files.
fn complaints(port: &'static PortDesc, find: &str, replace: &str) -> Vec<String> {
    let (proto, lock) = INVENTORY;
    assert!(proto.contains(find) || lock.contains(find), "{find}");
    schema::check(port, &proto.replace(find, replace), &lock.replace(find, replace)).unwrap_err()
}

#[test]
fn the_files_of_a_contract_say_what_its_code_says() {
    let (proto, lock) = INVENTORY;
    let files = (format!("{HERE}/inventory.v1.proto"), format!("{HERE}/inventory.lock"));
    if !exported(&files.0, &files.1, schema::export(<dyn Inventory>::DESC, lock)) {
        assert_eq!(schema::check(<dyn Inventory>::DESC, proto, lock), Ok(()));
    }
}

#[test]
fn the_files_of_the_kernel_say_what_its_code_says() {
    let root = env!("CARGO_MANIFEST_DIR");
    let (proto, lock) = (include_str!("../../outgrow.v1.proto"), include_str!("../../wire.lock"));
    if !exported(
        &format!("{root}/outgrow.v1.proto"),
        &format!("{root}/wire.lock"),
        schema::export_kernel(lock),
    ) {
        assert_eq!(schema::check_kernel(proto, lock), Ok(()));
    }
}

#[test]
fn a_file_that_differs_is_shown_with_the_line_and_the_remedy() {
    let said = complaints(
        <dyn Inventory>::DESC,
        "idempotency_level = NO_SIDE_EFFECTS",
        "idempotency_level = IDEMPOTENT",
    );
    assert_eq!(said.len(), 1);
    assert!(said[0].starts_with("inventory.v1.proto, line "), "{said:?}");
    assert!(
        said[0].contains("the file says `option idempotency_level = IDEMPOTENT;`, the code `option"),
        "{said:?}"
    );
    assert!(said[0].ends_with("run `shop contracts export` and commit what it writes"), "{said:?}");
}

#[test]
fn a_contract_that_was_never_exported_is_told_to_do_so() {
    let said = schema::check(<dyn Inventory>::DESC, "", "").unwrap_err();
    assert_eq!(said.len(), 2);
    assert!(said.iter().all(|line| line.contains("`shop contracts export`")), "{said:?}");
}

#[test]
fn a_number_that_was_never_locked_is_told_to_be_exported() {
    let said = complaints(<dyn Inventory>::DESC, "  3 note optional string\n", "");
    assert!(said[0].starts_with("wire.lock, line "), "{said:?}");
}

#[test]
fn a_change_that_breaks_peers_is_refused_before_the_files_are_compared() {
    let said =
        complaints(<dyn Inventory>::DESC, "  3 note optional string\n", "  3 comment optional string\n");
    assert_eq!(said.len(), 1);
    assert!(
        said[0].starts_with("inventory.v1.ReserveStock.note = 3: it is called `comment`; leave it"),
        "{said:?}"
    );
}

#[test]
fn what_was_removed_is_reserved_in_the_exported_file() {
    let before = INVENTORY
        .1
        .replace("  3 note optional string\n", "  3 note optional string\n  4 hint repeated string\n");
    let Export { proto, lock } = schema::export(<dyn Inventory>::DESC, &before).expect("allowed");
    assert!(lock.contains("  reserved 4 hint\n"));
    assert!(proto.contains("message ReserveStock {\n  reserved 4;\n  reserved \"hint\";\n"), "{proto}");
    assert_eq!(schema::check(<dyn Inventory>::DESC, &proto, &lock), Ok(()));
    assert!(
        schema::check(<dyn Inventory>::DESC, INVENTORY.0, &lock).is_err(),
        "a removed number must be reserved"
    );
}

#[test]
fn a_lock_that_cannot_be_read_is_a_complaint() {
    let said = complaints(
        <dyn Inventory>::DESC,
        "message inventory.v1.ReserveStock",
        "massage inventory.v1.ReserveStock",
    );
    assert!(said[0].contains("of the lock cannot be read"), "{said:?}");
}

mod one {
    use outgrow::Wire;

    #[derive(Clone, Debug, PartialEq, Wire)]
    pub(super) struct Same {
        #[wire(1)]
        pub(super) text: String,
    }
}

#[derive(Clone, Debug, PartialEq, Wire)]
struct Same {
    #[wire(1)]
    one: one::Same,
}

#[derive(Clone, Debug, PartialEq, Wire, thiserror::Error)]
enum No {
    #[error("{0}")]
    #[wire(other)]
    Other(Unread),
}

#[port("twins.v1")]
trait Twins {
    #[query]
    async fn ask(&self, cx: &CallContext, request: Same) -> Answer<Same, No>;
}

#[test]
fn two_types_of_one_name_are_refused() {
    let said = schema::check(<dyn Twins>::DESC, "", "").unwrap_err();
    assert_eq!(said, ["twins.v1.Same: two types have this name; rename one of them"]);
}

#[test]
fn a_package_is_in_a_file_of_its_own() {
    for (package, file) in
        [("inventory.v1", "inventory/v1/inventory.proto"), ("acme.stock.v12", "acme/stock/v12/stock.proto")]
    {
        assert_eq!(schema::file(package), file);
    }
}

#[test]
fn a_shared_type_is_imported_and_keeps_its_package() {
    let proto = schema::proto(<dyn Mirror>::DESC);
    assert!(proto.contains("import \"outgrow/v1/outgrow.proto\";"));
    assert!(proto.contains("optional outgrow.v1.Money price = 13;"));
    assert!(!proto.contains("message Money"));
    assert!(schema::kernel_proto().contains("message Money {"));
}

#[test]
fn a_type_hidden_by_a_nested_one_is_named_in_full() {
    let proto = schema::proto(<dyn Mirror>::DESC);
    assert!(proto.contains("    .mirror.v1.StockLine line = 5;\n"), "{proto}");
    assert!(proto.contains("    StockLine stock_line = 6;\n"), "{proto}");
}

#[port("note.v1")]
trait Notes {
    #[query]
    async fn note(&self, cx: &CallContext, request: Ask) -> Answer<Note, No>;
}

#[derive(Clone, Debug, PartialEq, Wire)]
struct Ask {
    #[wire(1)]
    text: String,
}

#[derive(Clone, Debug, PartialEq, Wire)]
struct Note {
    #[wire(1)]
    text: String,
}

#[test]
fn a_type_hidden_by_a_method_is_named_in_full() {
    // Within a service protoc takes `Note` for the method, and refuses it.
    let proto = schema::proto(<dyn Notes>::DESC);
    assert!(proto.contains("rpc Note(Ask) returns (.note.v1.Note)"), "{proto}");
}
