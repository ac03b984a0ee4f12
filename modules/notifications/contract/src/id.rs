//! The names of things in Notifications.

outgrow::id! {
    /// Names one message: the same for ever, however often it is sent.
    pub struct MessageId;
}

outgrow::id! {
    /// Names the order that a message is about, as whoever tells of it does.
    pub struct OrderId;
}

outgrow::text! {
    /// Names who gets a message.
    pub struct Recipient: 1..=64, |c| !c.is_control(),
        "a recipient has 1 to 64 characters, none of them a control character";
}
