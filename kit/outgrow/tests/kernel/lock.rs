//! What the lock lets pass from one version of a contract to the next, and what it refuses.

use outgrow::schema::{Breach, Lock, Wrong};

const BEFORE: &str = "format 2
stream notes.v1.NoteEvent key note
service notes.v1.Notes
  rpc Read query notes.v1.Ask -> notes.v1.Note | notes.v1.Refusal
  rpc Take idempotent notes.v1.Ask -> notes.v1.Note | notes.v1.Refusal
message notes.v1.Note
  1 text required string
  2 colour optional notes.v1.Colour
  3 id optional string(uuid)
  4 tags repeated string
  reserved 5 size
oneof notes.v1.Refusal open
  1 too_long notes.v1.Refusal.TooLong
oneof notes.v1.Shape
  1 round uint32
enum notes.v1.Colour
  1 Red
  2 Green
  7 White
";

fn lock(text: &str) -> Lock {
    Lock::parse(text).expect("a lock")
}

/// What becomes of [`BEFORE`] when the code says the same, but for one change.
fn change(find: &str, replace: &str) -> Result<Lock, Vec<Breach>> {
    // The code knows nothing of what is reserved.
    let code = BEFORE.replace("  reserved 5 size\n", "");
    assert!(code.contains(find), "{find}");
    lock(BEFORE).update(&lock(&code.replacen(find, replace, 1)))
}

fn breach(find: &str, replace: &str) -> (Wrong, String) {
    let breaches = change(find, replace).unwrap_err();
    let [breach] = &breaches[..] else { panic!("not one breach: {breaches:?}") };
    (breach.wrong.clone(), breach.to_string())
}

const TAGS: &str = "  4 tags repeated string\n";

#[test]
fn nothing_changed_is_nothing_to_do() {
    assert_eq!(change("", ""), Ok(lock(BEFORE)));
}

#[test]
fn a_lock_is_written_as_it_is_read() {
    assert_eq!(Lock::parse(&lock(BEFORE).to_string()), Ok(lock(BEFORE)));
}

#[test]
fn new_fields_variants_methods_and_types_may_be_added() {
    for (find, replace) in [
        (TAGS, "  4 tags repeated string\n  6 more optional string\n  9 most repeated string\n"),
        ("  1 too_long", "  2 forbidden string\n  1 too_long"),
        ("message", "  rpc Drop once a.v1.A -> a.v1.A | a.v1.B\nmessage"),
        ("enum", "message notes.v1.New\n  1 first required string\nenum"),
    ] {
        assert!(change(find, replace).is_ok(), "{replace}");
    }
}

#[test]
fn a_closed_enum_stays_as_it_is() {
    let (wrong, said) = breach("  7 White\n", "  7 White\n  8 Blue\n");
    assert_eq!(wrong, Wrong::VariantAdded);
    assert_eq!(
        said,
        "notes.v1.Colour.Blue = 8: peers cannot read it yet; say it in a new optional field, or start a new major \
         version [VARIANT_ADDED]"
    );
    assert_eq!(breach("  1 round uint32\n", "  1 round uint32\n  2 square uint32\n").0, Wrong::VariantAdded);
}

#[test]
fn an_enum_may_be_opened_but_not_closed() {
    assert!(change("oneof notes.v1.Shape\n", "oneof notes.v1.Shape open\n").is_ok());
    let (wrong, said) = breach("oneof notes.v1.Refusal open\n", "oneof notes.v1.Refusal\n");
    assert_eq!(wrong, Wrong::Closed);
    assert_eq!(
        said,
        "notes.v1.Refusal: what peers say next could not be read any more; put the `#[wire(other)]` variant back \
         [ENUM_CLOSED]"
    );
    // Who is asked to read what an enum says once it is open has not opened it yet.
    let opened = "oneof notes.v1.Shape open\n  2 square uint32\n";
    assert_eq!(breach("oneof notes.v1.Shape\n", opened).0, Wrong::VariantAdded);
}

/// What becomes of a lock of format 1, which says neither what is open nor which values are read.
fn change_of_old(find: &str, replace: &str) -> Result<Lock, Vec<Breach>> {
    let old = BEFORE.replace("format 2\n", "").replace(" open\n", "\n").replace("string(uuid)", "string");
    assert!(BEFORE.contains(find), "{find}");
    lock(&old).update(&lock(&BEFORE.replace("  reserved 5 size\n", "").replacen(find, replace, 1)))
}

#[test]
fn a_lock_of_the_first_format_is_understood_and_written_anew() {
    assert_eq!(change_of_old("", ""), Ok(lock(BEFORE)));
    let breach = |find, replace| change_of_old(find, replace).unwrap_err().remove(0).wrong;
    assert!(change_of_old("open\n", "open\n  2 forbidden string\n").is_ok(), "a refusal, as the code says");
    let round = "  1 round uint32\n";
    assert_eq!(breach(round, "  1 round uint32\n  2 square uint32\n"), Wrong::VariantAdded);
    assert!(change_of_old(round, "  1 round uint32(16)\n").is_ok(), "nobody knows what was read");
    assert_eq!(breach(round, "  1 round uint64\n"), Wrong::Retyped { was: "uint32".to_owned() });
}

#[test]
fn removed_optional_and_repeated_fields_are_reserved_for_ever() {
    let after = change(TAGS, "").expect("allowed");
    assert!(after.to_string().contains("  reserved 4 tags\n  reserved 5 size\n"), "{after}");
    let again = after.update(&lock(&BEFORE.replace("  reserved 5 size\n", ""))).unwrap_err();
    assert_eq!(
        again[0].to_string(),
        "notes.v1.Note.tags = 4: this number is reserved, it was `tags`; give the new field 6 [NUMBER_RESERVED]"
    );
}

#[test]
fn a_number_is_never_reused() {
    let reused = |was: &str| Wrong::Reused { was: was.to_owned() };
    let (wrong, said) = breach("4 tags repeated string", "4 labels repeated bytes");
    assert_eq!(wrong, reused("repeated string tags"));
    assert_eq!(
        said,
        "notes.v1.Note.labels = 4: this number is `repeated string tags`; leave it, and give what is new a new \
         number [NUMBER_REUSED]"
    );
    assert_eq!(breach("4 tags repeated string", "4 tags optional bytes").0, reused("repeated string tags"));
    assert_eq!(breach("4 tags repeated", "4 labels optional").0, reused("repeated string tags"));
    assert_eq!(
        breach("1 too_long notes.v1.Refusal.TooLong", "1 too_short uint32").0,
        reused("notes.v1.Refusal.TooLong too_long")
    );
}

#[test]
fn a_number_keeps_its_name_its_type_and_its_presence() {
    let renamed = |was: &str| Wrong::Renamed { was: was.to_owned() };
    let (wrong, said) = breach("4 tags repeated", "4 labels repeated");
    assert_eq!(wrong, renamed("tags"));
    assert_eq!(
        said,
        "notes.v1.Note.labels = 4: it is called `tags`; leave it, and give what is new a new number [NAME_CHANGED]"
    );
    assert_eq!(breach("2 Green", "2 Blue").0, renamed("Green"));

    let retyped = |was: &str| Wrong::Retyped { was: was.to_owned() };
    let (wrong, said) = breach("4 tags repeated string", "4 tags repeated bytes");
    assert_eq!(wrong, retyped("string"));
    assert_eq!(
        said,
        "notes.v1.Note.tags = 4: its type is `string`; leave it, and add an optional field of the new type \
         [TYPE_CHANGED]"
    );
    let was = retyped("notes.v1.Refusal.TooLong");
    assert_eq!(breach("1 too_long notes.v1.Refusal.TooLong", "1 too_long uint32").0, was);

    let (wrong, said) = breach("4 tags repeated", "4 tags optional");
    assert_eq!(wrong, Wrong::Presence { was: "repeated" });
    assert_eq!(
        said,
        "notes.v1.Note.tags = 4: it is repeated; leave it, and add a new optional field [PRESENCE_CHANGED]"
    );
    assert_eq!(breach("1 text required", "1 text optional").0, Wrong::Presence { was: "required" });
}

#[test]
fn a_type_reads_the_values_it_always_read() {
    let values = |was: &str| Wrong::Values { was: was.to_owned() };
    let (wrong, said) = breach("1 round uint32", "1 round uint32(16)");
    assert_eq!(wrong, values("uint32"));
    assert_eq!(
        said,
        "notes.v1.Shape.round = 1: its values are those of `uint32`; leave it, and add an optional field with the \
         new values [VALUES_CHANGED]"
    );
    assert_eq!(breach("3 id optional string(uuid)", "3 id optional string").0, values("string(uuid)"));
    assert_eq!(breach("1 text required string", "1 text required string(uuid)").0, values("string"));
}

#[test]
fn a_reserved_number_or_name_is_not_used_again() {
    let (wrong, said) = breach(TAGS, "  4 tags repeated string\n  5 width optional string\n");
    assert_eq!(wrong, Wrong::Reserved { was: "size".to_owned(), free: 6 });
    assert_eq!(
        said,
        "notes.v1.Note.width = 5: this number is reserved, it was `size`; give the new field 6 [NUMBER_RESERVED]"
    );
    assert_eq!(
        breach(TAGS, "  4 tags repeated string\n  6 size optional string\n").0,
        Wrong::NameReserved { was: 5 }
    );
}

#[test]
fn a_new_number_is_above_all_that_were_ever_used() {
    let (wrong, said) = breach("enum notes.v1.Colour\n  1", "enum notes.v1.Colour\n  3 Black\n  1");
    assert_eq!(wrong, Wrong::TooLow { free: 8 });
    assert_eq!(
        said,
        "notes.v1.Colour.Black = 3: a higher number was used before; give it 8 [NUMBER_TOO_LOW]"
    );
}

#[test]
fn a_field_keeps_its_number() {
    assert_eq!(breach(TAGS, "  6 tags repeated string\n").0, Wrong::Renumbered { was: 4 });
    assert_eq!(breach("1 text required", "6 text required").0, Wrong::Renumbered { was: 1 });
}

#[test]
fn what_peers_rely_on_is_not_removed() {
    for (removed, wrong) in [
        ("  1 text required string\n", Wrong::FieldRemoved),
        ("  2 Green\n", Wrong::VariantRemoved),
        ("  1 too_long notes.v1.Refusal.TooLong\n", Wrong::VariantRemoved),
    ] {
        assert_eq!(breach(removed, "").0, wrong, "{removed}");
    }
    let (wrong, said) = breach("  rpc Read query notes.v1.Ask -> notes.v1.Note | notes.v1.Refusal\n", "");
    assert_eq!(wrong, Wrong::MethodRemoved);
    assert_eq!(
        said,
        "notes.v1.Notes/Read: peers still use it; put it back, or start a new major version [METHOD_REMOVED]"
    );
}

#[test]
fn what_peers_do_not_send_is_not_required() {
    let (wrong, said) = breach(TAGS, "  4 tags repeated string\n  6 more required string\n");
    assert_eq!(wrong, Wrong::RequiredAdded);
    assert_eq!(
        said,
        "notes.v1.Note.more = 6: peers do not send it yet; make it an `Option` or a `Vec` [REQUIRED_ADDED]"
    );
}

#[test]
fn a_type_keeps_its_form_and_a_method_its_types() {
    let colour = "enum notes.v1.Colour\n  1 Red\n  2 Green\n  7 White\n";
    let oneof = "oneof notes.v1.Colour\n  1 red string\n";
    assert_eq!(breach(colour, oneof).0, Wrong::Form { was: "enum" });
    let was = "notes.v1.Ask -> notes.v1.Note | notes.v1.Refusal".to_owned();
    assert_eq!(breach("query notes.v1.Ask", "query notes.v1.Asked").0, Wrong::Signature { was });
}

#[test]
fn a_method_may_promise_more_about_being_repeated_but_not_less() {
    assert!(change("Take idempotent", "Take query").is_ok());
    assert_eq!(breach("Take idempotent", "Take once").0, Wrong::Promise { was: "idempotent" });
    assert_eq!(breach("Read query", "Read idempotent").0, Wrong::Promise { was: "query" });
}

#[test]
fn a_type_that_is_no_longer_used_is_remembered() {
    let colour = "enum notes.v1.Colour\n  1 Red\n  2 Green\n  7 White\n";
    let gone = BEFORE.replace("  2 colour optional notes.v1.Colour\n", "").replace("  reserved 5 size\n", "");
    let after = lock(BEFORE).update(&lock(&gone.replace(colour, ""))).expect("allowed");
    let back = gone.replace(colour, "enum notes.v1.Colour\n  1 Blue\n  2 Green\n  7 White\n");
    assert_eq!(after.update(&lock(&back)).unwrap_err()[0].wrong, Wrong::Renamed { was: "Red".to_owned() });
}

#[test]
fn every_breach_is_reported_at_once() {
    let now = BEFORE
        .replace("  reserved 5 size\n", "")
        .replace("1 text required", "1 text repeated")
        .replace("2 Green", "2 Blue");
    assert_eq!(lock(BEFORE).update(&lock(&now)).unwrap_err().len(), 2);
}

#[test]
fn a_lock_that_cannot_be_read_names_the_line() {
    for wrong in [
        "  1 text",
        "format 2",
        "message a.v1.N open",
        "nonsense",
        "  rpc Read query",
        "  x Red",
        "  reserved 1",
        "enum a.v1.A\n  1 A\n  1 B",
    ] {
        let error = Lock::parse(&format!("# comment\n\nmessage a.v1.M\n{wrong}")).unwrap_err();
        assert!(error.line >= 4, "{wrong}: {error}");
    }
}

#[test]
fn every_rule_is_in_the_table_and_is_broken_by_some_change() {
    let table = include_str!("../../src/schema/breach/wrong.rs").lines();
    let rows = table.filter_map(|line| line.strip_prefix("/// | `")?.split_once("` |"));
    let rows: Vec<&str> = rows.map(|(rule, _)| rule).collect();
    let field = |field: &str| format!("{TAGS}{field}");
    let colour = "enum notes.v1.Colour\n  1 Red\n  2 Green\n  7 White\n";
    let broken = [
        ("4 tags repeated string", "4 labels repeated bytes".to_owned()),
        (TAGS, "  6 tags repeated string\n".to_owned()),
        (TAGS, field("  5 width optional string\n")),
        ("  2 Green\n", "  2 Green\n  3 Black\n".to_owned()),
        ("2 Green", "2 Blue".to_owned()),
        (TAGS, field("  6 size optional string\n")),
        ("4 tags repeated string", "4 tags repeated bytes".to_owned()),
        ("1 round uint32", "1 round uint32(16)".to_owned()),
        ("4 tags repeated", "4 tags optional".to_owned()),
        (TAGS, field("  6 more required string\n")),
        ("  1 text required string\n", String::new()),
        ("  7 White\n", "  7 White\n  8 Blue\n".to_owned()),
        ("  2 Green\n", String::new()),
        ("Refusal open\n", "Refusal\n".to_owned()),
        (colour, "oneof notes.v1.Colour\n  1 red string\n".to_owned()),
        ("  rpc Read query notes.v1.Ask -> notes.v1.Note | notes.v1.Refusal\n", String::new()),
        ("query notes.v1.Ask", "query notes.v1.Asked".to_owned()),
        ("Take idempotent", "Take once".to_owned()),
        ("stream notes.v1.NoteEvent key note\n", String::new()),
        ("key note", "key shelf".to_owned()),
    ];
    let mut broken: Vec<&str> = broken.iter().map(|(find, replace)| breach(find, replace).0.rule()).collect();
    broken.push(Wrong::ContractRemoved.rule()); // by the command line, which knows all contracts
    assert_eq!(rows, broken);
}
