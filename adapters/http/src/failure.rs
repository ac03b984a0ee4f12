//! What a failed call of a port becomes at the edge.
//!
//! | the call | the answer |
//! |---|---|
//! | refused | the module's own problem |
//! | not executed: denied | 403 `denied` |
//! | not executed: key reused | 422 `key-reused` |
//! | not executed: in progress | 409 `in-progress`, `Retry-After` |
//! | not executed: bad request | 500 `internal`: what a client can get wrong has been refused before, so it is our defect |
//! | not executed, else | 503 `not-executed`, `Retry-After` |
//! | in doubt, a command | 503 `outcome-unknown`, `Retry-After`, and the `Idempotency-Key` to repeat it under |
//! | in doubt, a query | 503 `not-executed`, `Retry-After`: a query has no effect that could be in doubt |

use axum::http::StatusCode;
use outgrow::{CallError, Cause, CauseKind};

use crate::Problem;

/// Turns the failure of a command into a problem; `refused` says what the module's own refusals are.
///
/// ```
/// # use adapter_http::{Problem, failure};
/// # use axum::http::StatusCode;
/// # use outgrow::{CallError, CauseKind};
/// fn unknown(_refusal: &'static str) -> Problem {
///     Problem::new(StatusCode::NOT_FOUND, "unknown-order", "There is no such order")
/// }
/// let answer: Result<(), _> = Err(CallError::not_executed(CauseKind::Unreachable, "10.0.0.7:7101"));
/// let problem = answer.map_err(failure(unknown)).unwrap_err();
/// assert_eq!(problem.status(), StatusCode::SERVICE_UNAVAILABLE);
/// ```
pub fn failure<E>(refused: impl FnOnce(E) -> Problem) -> impl FnOnce(CallError<E>) -> Problem {
    |error| match error {
        CallError::Refused(refusal) => refused(refusal),
        CallError::NotExecuted(cause) => not_executed(&cause).because(format_args!("not executed: {cause}")),
        CallError::InDoubt(cause) => in_doubt().because(format_args!("in doubt: {cause}")),
    }
}

/// Turns the failure of a query into a problem, as [`failure`] does that of a command.
pub fn query_failure<E>(refused: impl FnOnce(E) -> Problem) -> impl FnOnce(CallError<E>) -> Problem {
    |error| match error {
        CallError::InDoubt(cause) => unanswered().because(format_args!("in doubt: {cause}")),
        other @ (CallError::Refused(_) | CallError::NotExecuted(_)) => failure(refused)(other),
    }
}

fn not_executed(cause: &Cause) -> Problem {
    match cause.kind {
        CauseKind::Denied => Problem::new(StatusCode::FORBIDDEN, "denied", "This is not allowed"),
        CauseKind::KeyReused => Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "key-reused",
            "The Idempotency-Key was used before",
        )
        .detail("The same key came with another request. A key names one request and its repetitions."),
        CauseKind::InProgress => {
            Problem::new(StatusCode::CONFLICT, "in-progress", "The same request is being carried out")
                .detail("A request with this Idempotency-Key has not ended yet. Repeat it for its answer.")
                .retry_after(1)
        }
        CauseKind::BadRequest => Problem::internal(cause),
        CauseKind::Overloaded => unavailable("There is too much to do right now. Nothing was changed."),
        CauseKind::Expired => unavailable("There was not enough time. Nothing was changed."),
        CauseKind::Unreachable
        | CauseKind::Unserved
        | CauseKind::Storage
        | CauseKind::Dependency
        | CauseKind::BadAnswer
        | CauseKind::Lost
        | CauseKind::Internal => {
            unavailable("Something that is needed for this is not available right now. Nothing was changed.")
        }
    }
}

fn unavailable(detail: &'static str) -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not-executed", "Not carried out")
        .detail(detail)
        .retry_after(1)
}

/// What a process answers that is still waiting for what it needs.
pub(crate) fn not_yet() -> Problem {
    unavailable("This is still starting. Nothing was changed.")
}

fn unanswered() -> Problem {
    unavailable("The answer was lost or did not come in time. Nothing was to be changed: ask again.")
}

fn in_doubt() -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "outcome-unknown", "The outcome is unknown")
        .detail("It may have been carried out, but the answer was lost. Repeating it is safe under the Idempotency-Key of this answer.")
        .retry_after(1)
        .naming_key()
}
