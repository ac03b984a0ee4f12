//! The crash points of the shop: between every two durable steps of outbox, relay, inbox, saga, provider and letters.
//!
//! Names without their services are in no other place; that the list is whole is held by the boundary tests.

/// Some points, with the service that passes them where each module of it is on its own.
pub(crate) type Points = &'static [(&'static str, &'static [&'static str])];

/// Between which steps, of whom.
pub(crate) const POINTS: Points = &[
    (
        "main",
        &[
            "saga.began.uncommitted",
            "saga.began.committed",
            "saga.reserve.do.begun",
            "saga.reserve.do.uncommitted",
            "saga.reserve.do.committed",
            "saga.authorize.do.begun",
            "saga.authorize.do.uncommitted",
            "saga.authorize.do.committed",
            "saga.capture.do.begun",
            "saga.capture.do.uncommitted",
            "saga.capture.do.committed",
            "saga.ship.do.begun",
            "saga.ship.do.uncommitted",
            "saga.ship.do.committed",
            "saga.confirm.do.begun",
            "saga.confirm.do.uncommitted",
            "saga.confirm.do.committed",
            "saga.called-off.uncommitted",
            "saga.called-off.committed",
            "saga.authorize.undo.begun",
            "saga.authorize.undo.uncommitted",
            "saga.authorize.undo.committed",
            "saga.reserve.undo.begun",
            "saga.reserve.undo.uncommitted",
            "saga.reserve.undo.committed",
            "outbox.uncommitted",
            "outbox.committed",
            "relay.read",
            "relay.delivered",
            "relay.settled",
        ],
    ),
    (
        "money",
        &[
            "payment.authorize.intended",
            "provider.authorize.heard",
            "payment.capture.intended",
            "provider.capture.heard",
            "payment.void.intended",
            "provider.void.heard",
            "payment.refund.intended",
            "provider.refund.heard",
        ],
    ),
    (
        "mail",
        &[
            "inbox.accepted",
            "inbox.begun",
            "mark.uncommitted",
            "mark.committed",
            "letter.sent",
            "letter.kept",
        ],
    ),
];

/// Only where events go over the broker.
pub(crate) const OVER_RABBITMQ: Points = &[("main", &["courier.published"])];
