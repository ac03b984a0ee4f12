//! What the lock lets pass from one version of a contract to the next, and what it refuses.

use outgrow::schema::{Breach, Lock, Wrong};

const BEFORE: &str = "
service notes.v1.Notes
  rpc Read query notes.v1.Ask -> notes.v1.Note | notes.v1.Refusal
  rpc Take idempotent notes.v1.Ask -> notes.v1.Note | notes.v1.Refusal
message notes.v1.Note
  1 text required string
  2 colour optional notes.v1.Colour
  4 tags repeated string
  reserved 5 size
oneof notes.v1.Refusal
  1 too_long notes.v1.Refusal.TooLong
enum notes.v1.Colour
  1 Red
  2 Green
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
    let (wrong, said) = breach("  2 Green\n", "  2 Green\n  7 Blue\n");
    assert_eq!(wrong, Wrong::VariantAdded);
    assert_eq!(
        said,
        "notes.v1.Colour.Blue = 7: peers cannot read it yet; say it in a new optional field, or start a new major \
         version"
    );
}

#[test]
fn removed_optional_and_repeated_fields_are_reserved_for_ever() {
    let after = change(TAGS, "").expect("allowed");
    assert!(after.to_string().contains("  reserved 4 tags\n  reserved 5 size\n"), "{after}");
    let again = after.update(&lock(&BEFORE.replace("  reserved 5 size\n", ""))).unwrap_err();
    assert_eq!(
        again[0].to_string(),
        "notes.v1.Note.tags = 4: this number is reserved, it was `tags`; give the new field 6"
    );
}

#[test]
fn a_number_is_never_reused() {
    let reused = |was: &str| Wrong::Reused { was: was.to_owned() };
    let (wrong, said) = breach("4 tags repeated", "4 labels repeated");
    assert_eq!(wrong, reused("repeated string tags"));
    assert_eq!(
        said,
        "notes.v1.Note.labels = 4: this number is `repeated string tags`; leave it, and give what is new a new number"
    );
    assert_eq!(breach("4 tags repeated string", "4 tags repeated bytes").0, reused("repeated string tags"));
    assert_eq!(breach("4 tags repeated", "4 tags optional").0, reused("repeated string tags"));
    assert_eq!(breach("1 text required", "1 text optional").0, reused("required string text"));
    assert_eq!(breach("2 Green", "2 Blue").0, reused("Green"));
    assert_eq!(
        breach("1 too_long notes.v1.Refusal.TooLong", "1 too_long uint32").0,
        reused("notes.v1.Refusal.TooLong too_long")
    );
}

#[test]
fn a_reserved_number_or_name_is_not_used_again() {
    let (wrong, said) = breach(TAGS, "  4 tags repeated string\n  5 width optional string\n");
    assert_eq!(wrong, Wrong::Reserved { was: "size".to_owned(), free: 6 });
    assert_eq!(said, "notes.v1.Note.width = 5: this number is reserved, it was `size`; give the new field 6");
    assert_eq!(
        breach(TAGS, "  4 tags repeated string\n  6 size optional string\n").0,
        Wrong::NameReserved { was: 5 }
    );
}

#[test]
fn a_new_number_is_above_all_that_were_ever_used() {
    let (wrong, said) = breach(TAGS, "  4 tags repeated string\n  3 more optional string\n");
    assert_eq!(wrong, Wrong::TooLow { free: 6 });
    assert_eq!(said, "notes.v1.Note.more = 3: a higher number was used before; give it 6");
}

#[test]
fn a_field_keeps_its_number() {
    assert_eq!(breach(TAGS, "  6 tags repeated string\n").0, Wrong::Renumbered { was: 4 });
    assert_eq!(breach("1 text required", "6 text required").0, Wrong::Renumbered { was: 1 });
}

#[test]
fn what_peers_rely_on_is_not_removed() {
    for removed in ["  1 text required string\n", "  2 Green\n", "  1 too_long notes.v1.Refusal.TooLong\n"] {
        assert_eq!(breach(removed, "").0, Wrong::Removed, "{removed}");
    }
    let (wrong, said) = breach("  rpc Read query notes.v1.Ask -> notes.v1.Note | notes.v1.Refusal\n", "");
    assert_eq!(wrong, Wrong::Removed);
    assert_eq!(said, "notes.v1.Notes/Read: peers still use it; put it back, or start a new major version");
}

#[test]
fn what_peers_do_not_send_is_not_required() {
    let (wrong, said) = breach(TAGS, "  4 tags repeated string\n  6 more required string\n");
    assert_eq!(wrong, Wrong::RequiredAdded);
    assert_eq!(said, "notes.v1.Note.more = 6: peers do not send it yet; make it an `Option` or a `Vec`");
}

#[test]
fn a_type_keeps_its_form_and_a_method_its_types() {
    let colour = "enum notes.v1.Colour\n  1 Red\n  2 Green\n";
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
    let colour = "enum notes.v1.Colour\n  1 Red\n  2 Green\n";
    let gone = BEFORE.replace("  2 colour optional notes.v1.Colour\n", "").replace("  reserved 5 size\n", "");
    let after = lock(BEFORE).update(&lock(&gone.replace(colour, ""))).expect("allowed");
    let back = gone.replace(colour, "enum notes.v1.Colour\n  1 Blue\n  2 Green\n");
    assert_eq!(after.update(&lock(&back)).unwrap_err()[0].wrong, Wrong::Reused { was: "Red".to_owned() });
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
    for wrong in
        ["  1 text", "nonsense", "  rpc Read query", "  x Red", "  reserved 1", "enum a.v1.A\n  1 A\n  1 B"]
    {
        let error = Lock::parse(&format!("# comment\n\nmessage a.v1.M\n{wrong}")).unwrap_err();
        assert!(error.line >= 4, "{wrong}: {error}");
    }
}
