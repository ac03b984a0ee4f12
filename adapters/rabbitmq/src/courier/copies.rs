//! Which events are worth a copy for foreign consumers.
//!
//! Where nobody had bound a queue for a kind the last time, one copy of each window is sent, to be returned, and the
//! others only if it was not: a system without foreign consumers does not publish everything twice. A return that is
//! told too late only means copies that nobody gets.

use std::collections::HashSet;

use lapin::types::ShortString;
use outgrow::event::Recorded;

/// The routing key of a copy: its kind. One that is too long for that goes to those who want everything.
pub(super) fn key(event: &Recorded) -> ShortString {
    ShortString::try_new(event.kind.as_str()).unwrap_or_default()
}

/// The kinds that nobody wanted the last time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Unwanted(HashSet<String>);

impl Unwanted {
    pub(super) fn contains(&self, event: &Recorded) -> bool {
        self.0.contains(key(event).as_str())
    }

    /// What is copied of a window now, the first of each kind to be returned if nobody wants it, and what is kept back.
    pub(super) fn part<'w>(&self, window: &'w [Recorded]) -> (Vec<(&'w Recorded, bool)>, Vec<&'w Recorded>) {
        let (mut asked, mut sent, mut kept) = (HashSet::new(), Vec::with_capacity(window.len()), Vec::new());
        for event in window {
            if asked.insert(key(event)) {
                sent.push((event, true));
            } else if self.contains(event) {
                kept.push(event);
            } else {
                sent.push((event, false));
            }
        }
        (sent, kept)
    }

    /// What is unwanted after a window of which copies of these kinds were returned.
    pub(super) fn after(&self, window: &[Recorded], returned: &HashSet<String>) -> Self {
        let asked: HashSet<_> = window.iter().map(|event| key(event).to_string()).collect();
        Self(self.0.difference(&asked).chain(returned).cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;
    use uuid::Uuid;

    use super::*;

    fn event(kind: &str) -> Recorded {
        Recorded {
            id: Uuid::nil(),
            stream: "a.v1.A".to_owned(),
            key: "k".to_owned(),
            sequence: 1,
            kind: kind.to_owned(),
            data: String::new(),
            at: OffsetDateTime::UNIX_EPOCH,
            correlation: Uuid::nil(),
            causation: None,
            previous: None,
        }
    }

    #[test]
    fn of_what_nobody_wants_one_copy_of_each_window_is_sent() {
        let window = ["a", "b", "a", "b", "a"].map(event);
        let unwanted = Unwanted::default();
        let (sent, kept) = unwanted.part(&window);
        let asks: Vec<_> = sent.iter().map(|(event, asks)| (event.kind.as_str(), *asks)).collect();
        assert_eq!(asks, [("a", true), ("b", true), ("a", false), ("b", false), ("a", false)]);
        assert_eq!(kept.len(), 0);

        let unwanted = unwanted.after(&window, &HashSet::from(["a".to_owned()]));
        let (sent, kept) = unwanted.part(&window);
        let asks: Vec<_> = sent.iter().map(|(event, asks)| (event.kind.as_str(), *asks)).collect();
        assert_eq!(asks, [("a", true), ("b", true), ("b", false)]);
        assert_eq!(kept.iter().map(|event| event.kind.as_str()).collect::<Vec<_>>(), ["a", "a"]);

        // Another kind says nothing of this one; a copy that is not returned does.
        let other = unwanted.after(&["b"].map(event), &HashSet::new());
        assert_eq!(other, unwanted);
        assert_eq!(unwanted.after(&window, &HashSet::new()), Unwanted::default());
    }
}
