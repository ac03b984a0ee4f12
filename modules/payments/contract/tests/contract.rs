//! What is in the tree for peers in other languages is what the code says.

use outgrow::{Port as _, schema};

#[test]
fn the_proto_file_and_the_lock_say_what_the_code_says() {
    let (proto, lock) = (include_str!("../payments.v1.proto"), include_str!("../wire.lock"));
    let wrong = schema::check(<dyn payments_contract::Payments>::DESC, proto, lock).err().unwrap_or_default();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
