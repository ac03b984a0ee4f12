//! `Prefer: wait=5` (RFC 7240): a client that would rather wait for the outcome than ask for it.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, HeaderValue, header, request::Parts},
    response::{IntoResponseParts, ResponseParts},
};
use outgrow::CallContext;
use tokio::time::{Instant, sleep, timeout_at};
use utoipa::{
    IntoParams,
    openapi::{
        ObjectBuilder, Required, Type,
        path::{Parameter, ParameterBuilder, ParameterIn},
    },
};

use crate::BUDGET;

const PREFER: HeaderName = HeaderName::from_static("prefer");
const APPLIED: HeaderName = HeaderName::from_static("preference-applied");
/// No wait is longer, whatever is asked for.
const LONGEST: Duration = Duration::from_secs(30);
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(250);

/// What the client prefers. A preference that cannot be read is ignored, as the standard says.
///
/// ```
/// # use adapter_http::{Applied, Prefer};
/// # async fn place(prefer: Prefer, cx: outgrow::CallContext) -> (Applied, &'static str) {
/// // The answer begins with `applied`: `(StatusCode::CREATED, applied, Json(order))`.
/// let (applied, order) = prefer.wait(&cx, "placed", |_left| async { Some("confirmed") }).await;
/// # (applied, order)
/// # }
/// ```
///
/// Name it in `params(Prefer)` of a handler's documentation.
#[derive(Clone, Copy, Debug)]
pub struct Prefer {
    wait: Option<Duration>,
    since: Instant,
}

/// Which preference was honoured: the header `Preference-Applied` of an answer, if any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applied(Option<Duration>);

impl Prefer {
    /// How long the client would wait, at most as long as the time budget allows.
    pub fn wait_time(&self) -> Option<Duration> {
        self.wait.map(|wait| wait.min(LONGEST).min(BUDGET))
    }

    /// The outcome, if it comes while the client would wait, else what there is `now`.
    ///
    /// Asks `outcome` at once and then again after growing pauses, and says how much time is left: who can wait for the
    /// outcome need not be asked again. It does not fail: who could not be asked has no outcome yet.
    pub async fn wait<T, F>(&self, cx: &CallContext, now: T, outcome: impl Fn(Duration) -> F) -> (Applied, T)
    where
        // Not `AsyncFn`: what it borrows would not be `Send` "generally enough" for a handler.
        F: Future<Output = Option<T>>,
    {
        let Some(wait) = self.wait_time().filter(|wait| !wait.is_zero()) else {
            return (Applied(None), now);
        };
        let deadline = cx.deadline().map(Instant::from);
        let end = self.since.checked_add(wait).into_iter().chain(deadline).min().unwrap_or(self.since);
        let asked = timeout_at(end, async {
            let mut pause = FIRST_PAUSE;
            loop {
                if let Some(outcome) = outcome(end.saturating_duration_since(Instant::now())).await {
                    return outcome;
                }
                sleep(pause).await;
                pause = (pause + pause / 4).min(LONGEST_PAUSE);
            }
        });
        match asked.await {
            Ok(outcome) => (Applied(Some(wait)), outcome),
            Err(_) => (Applied(None), now),
        }
    }

    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let lines = headers.get_all(PREFER).iter().filter_map(|line| line.to_str().ok());
        let mut preferences = lines.flat_map(|line| unquoted(line, ',')).filter_map(|preference| {
            // Parameters come after `;` and change nothing of the preference.
            let value = unquoted(preference, ';').next()?;
            let (name, value) = value.split_once('=')?;
            name.trim().eq_ignore_ascii_case("wait").then(|| value.trim().trim_matches('"'))
        });
        // Of a preference that comes more than once, the first counts.
        let wait = preferences.next().and_then(seconds);
        Self { wait, since: Instant::now() }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Prefer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}

impl IntoResponseParts for Applied {
    type Error = Infallible;

    fn into_response_parts(self, mut res: ResponseParts) -> Result<ResponseParts, Infallible> {
        // It depends on the preference what the answer is.
        res.headers_mut().append(header::VARY, HeaderValue::from_name(PREFER));
        let applied = self.0.map(|wait| HeaderValue::try_from(format!("wait={}", wait.as_secs())));
        if let Some(Ok(applied)) = applied {
            res.headers_mut().insert(APPLIED, applied);
        }
        Ok(res)
    }
}

impl IntoParams for Prefer {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let header = ParameterBuilder::new()
            .name("Prefer")
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some(
                "`wait=<seconds>` waits for the outcome (RFC 7240). `Preference-Applied` says if it came in time.",
            ))
            .schema(Some(ObjectBuilder::new().schema_type(Type::String).examples(["wait=5"])));
        vec![header.build()]
    }
}

/// Whole seconds; as many as there are room for, if it is more.
fn seconds(text: &str) -> Option<Duration> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(text.parse().map_or(Duration::MAX, Duration::from_secs))
}

/// The parts of a header between separators that are not within quotes.
fn unquoted(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(move |char| {
        if escaped {
            escaped = false;
        } else if quoted && char == '\\' {
            escaped = true;
        } else if char == '"' {
            quoted = !quoted;
        } else {
            return !quoted && char == separator;
        }
        false
    })
}
