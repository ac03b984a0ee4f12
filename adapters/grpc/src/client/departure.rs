//! Whether a request has left: decided once, by whoever comes first.
//!
//! HTTP/2 takes the body of a request only when it is about to send it. A unary call cannot run without its message,
//! so one whose body was never taken was never executed. Who gives up on a call therefore *forbids* the departure:
//! either that succeeds and nothing will ever be sent, or the message was already on its way.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    task::{Context, Poll},
};

use hyper::body::{Body, Frame};

use crate::frame::Frame as Message;

const WAITING: u8 = 0;
const LEFT: u8 = 1;
const FORBIDDEN: u8 = 2;

/// The departure of one request.
#[derive(Debug, Default)]
pub(super) struct Departure(Arc<AtomicU8>);

impl Departure {
    /// The body of the request.
    pub(super) fn body(&self, message: Message) -> Outgoing {
        Outgoing { message: Some(message), departure: Self(Arc::clone(&self.0)) }
    }

    /// Forbids the departure. False if the request has left already.
    pub(super) fn forbid(&self) -> bool {
        self.decide(FORBIDDEN)
    }

    fn decide(&self, outcome: u8) -> bool {
        let decided = self.0.compare_exchange(WAITING, outcome, Ordering::AcqRel, Ordering::Acquire);
        decided.map_or_else(|before| before == outcome, |_waiting| true)
    }
}

/// One message, the whole body of a request.
#[derive(Debug)]
pub(super) struct Outgoing {
    message: Option<Message>,
    departure: Departure,
}

/// The caller has given up.
#[derive(Debug, thiserror::Error)]
#[error("the call was given up before it was sent")]
pub(super) struct GivenUp;

impl Body for Outgoing {
    type Data = Message;
    type Error = GivenUp;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Message>, GivenUp>>> {
        let frame = self
            .message
            .take()
            .map(|message| if self.departure.decide(LEFT) { Ok(Frame::data(message)) } else { Err(GivenUp) });
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.message.is_none()
    }
}
