//! A caller that finds the methods that lie: what may be repeated is, at once, and must answer the same.

use outgrow::{
    Answer, BoxFuture, CallContext, CallError, Caller, Cause, CauseKind, Kind, Local, Message, Method,
    Refusal,
};

/// Repeats every query and every idempotent command under the same key, and compares the answers.
///
/// # Panics
/// When a method answers otherwise the second time: it is not what it says it is.
#[derive(Debug)]
pub struct Twice<C>(pub C);

impl<P: ?Sized + Send + Sync + 'static, C: Caller<P>> Caller<P> for Twice<C> {
    fn call<'a, Q: Message, T: Message, E: Refusal>(
        &'a self,
        cx: &'a CallContext,
        method: &'static Method,
        request: Q,
        local: Local<P, Q, T, E>,
    ) -> BoxFuture<'a, Answer<T, E>> {
        if method.kind == Kind::Once {
            return self.0.call(cx, method, request, local);
        }
        let body = request.to_bytes();
        Box::pin(async move {
            let again = match Q::from_bytes(&body) {
                Ok(again) => again,
                Err(error) => panic!("{method}: its request does not survive the wire: {error}"),
            };
            let first = self.0.call(cx, method, request, local).await;
            if let Err(
                CallError::InDoubt(_) | CallError::NotExecuted(Cause { kind: CauseKind::InProgress, .. }),
            ) = first
            {
                return first; // its repetition may be answered, which is no lie
            }
            let second = self.0.call(cx, method, again, local).await;
            assert_eq!(shown(&first), shown(&second), "{method} answers otherwise when it is repeated");
            first
        })
    }
}

/// An answer, ready to be compared: values by their bytes, failures by what they mean.
fn shown<T: Message, E: Refusal>(answer: &Answer<T, E>) -> (String, Vec<u8>) {
    use outgrow::CallError::{InDoubt, NotExecuted, Refused};
    match answer {
        Ok(answer) => ("answered".to_owned(), answer.to_bytes().to_vec()),
        Err(Refused(refusal)) => ("refused".to_owned(), refusal.to_bytes().to_vec()),
        Err(NotExecuted(cause)) => (format!("not executed: {}", cause.kind), Vec::new()),
        Err(InDoubt(cause)) => (format!("in doubt: {}", cause.kind), Vec::new()),
    }
}
