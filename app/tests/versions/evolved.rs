//! A peer of the version before, and one of the version after, in both directions.

use std::{sync::Arc, time::Duration};

use outgrow::{CallError, CauseKind, Dispatch, Port as _, PortDesc, Served, schema::Skew};
use outgrow_runtime::{Access, Door, Known, Policies, Retry, Router, Target, router::Route};

use crate::{
    carried::{LONG, Way, cx, grpc, rabbitmq},
    three::{after, before, now, too_far},
};

/// The module, whatever the version of its port.
pub(crate) struct Module;

/// What a caller got, whatever the version it was written against.
type Got = Result<u32, CallError<String>>;

/// One version of the contract, as a process that was built with it.
trait Version: Sized + Sync {
    const PORT: &'static PortDesc;

    /// What it serves.
    fn door() -> Arc<dyn Dispatch>;
    /// It, calling whoever is at the other end.
    fn calling(target: Arc<Target>) -> Self;
    async fn quote(&self, weight: u32) -> Got;
}

struct Caller<P: ?Sized>(Arc<P>);

fn policies(port: &PortDesc) -> Policies {
    let retry = Retry { attempts: 2, ..Retry::default() };
    Policies { retry, ..Policies::new(Access::to(port, &[])) }
}

macro_rules! version {
    ($version:ident $(, $field:ident)*) => {
        impl Version for Caller<dyn $version::Quotes> {
            const PORT: &'static PortDesc = <dyn $version::Quotes>::DESC;

            fn door() -> Arc<dyn Dispatch> {
                let module: Arc<dyn $version::Quotes> = Arc::new(Module);
                Arc::new(Door::new(Arc::new(Served(module)), policies(Self::PORT)))
            }

            fn calling(target: Arc<Target>) -> Self {
                let router = Router::new(None, Route::Remote(vec![target]), policies(Self::PORT));
                Self(<dyn $version::Quotes>::via(router))
            }

            async fn quote(&self, weight: u32) -> Got {
                let quote = $version::Quote { weight, $($field: Default::default()),* };
                let price = self.0.quote(&cx("q"), quote).await;
                price.map(|price| price.cents).map_err(|failure| failure.map_refusal(|no| no.to_string()))
            }
        }
    };
}

version!(before);
version!(now, express);
version!(after, express, contents);
version!(too_far, pieces);

type Before = Caller<dyn before::Quotes>;
type Now = Caller<dyn now::Quotes>;
type After = Caller<dyn after::Quotes>;
type TooFar = Caller<dyn too_far::Quotes>;

/// The caller of one version gets from the module of another what it got from its own.
async fn understood<C: Version, S: Version>(way: &Way, newest: &str, expected: &Skew) {
    let serving = way.serve(vec![S::door()]).await;
    let target = way.target();
    let caller = C::calling(target.clone());
    assert_eq!(caller.quote(5).await, Ok(500));
    let refused = |no: &str| Err(CallError::Refused(no.to_owned()));
    assert_eq!(caller.quote(31).await, refused("more than 30 kilograms"));
    assert_eq!(caller.quote(13).await, refused(newest), "read, or passed on unread");
    let known = target.contract(C::PORT, &cx("c"), LONG).await.unwrap();
    assert_eq!(&known, &Known::Said(expected.clone()));
    drop(serving);
}

async fn all_understand_each_other(way: fn() -> Way) {
    use Skew::{Newer, Older, Same};
    // Before, the newest refusal was one that all know; the next two were added as variants 2 and 3.
    let newest = ["more than 12 kilograms", "no route to the moon", "embargo on tea"];
    let unread = |variant| format!("refused for a reason unknown here (variant {variant})");
    understood::<Before, Before>(&way(), newest[0], &Same).await;
    understood::<Before, Now>(&way(), &unread(2), &Newer).await;
    understood::<Before, After>(&way(), &unread(3), &Newer).await;
    understood::<Now, Before>(&way(), newest[0], &Older).await;
    understood::<Now, Now>(&way(), newest[1], &Same).await;
    understood::<Now, After>(&way(), &unread(3), &Newer).await;
    understood::<After, Before>(&way(), newest[0], &Older).await;
    understood::<After, Now>(&way(), newest[1], &Older).await;
    understood::<After, After>(&way(), newest[2], &Same).await;
}

async fn what_is_new_is_said_to_be_missing(way: Way) {
    let _serving = way.serve(vec![Before::door()]).await;
    let caller = Now::calling(way.target());
    let express = now::Quote { weight: 5, express: Some(true) };
    let price = caller.0.quote(&cx("q"), express.clone()).await.unwrap();
    assert_eq!(price.cents, 500, "who does not know of express ignores it");
    let Err(CallError::NotExecuted(cause)) = caller.0.fastest(&cx("f"), express).await else { panic!() };
    assert_eq!(cause.kind, CauseKind::Unserved);
}

async fn what_would_be_misread_is_not_sent(way: Way) {
    let serving = way.serve(vec![TooFar::door()]).await;
    let (target, older) = (way.target(), way.target());
    let caller = Now::calling(target.clone());
    let Err(CallError::NotExecuted(cause)) = caller.quote(5).await else { panic!() };
    assert_eq!(cause.kind, CauseKind::Unserved);
    let why = "quotes.v1.Quote.pieces = 2: this number is `optional bool express`";
    assert!(cause.detail.contains(why), "{cause}");
    assert_eq!(Before::calling(older).quote(5).await, Ok(500), "it knows no number 2 and misreads nothing");

    drop(serving);
    let _right = way.serve(vec![After::door()]).await;
    let soon = async || caller.quote(5).await == Ok(500);
    outgrow_testkit::until_async("the right version is found", LONG, soon).await;
    let known = target.contract(Now::PORT, &cx("c"), Duration::from_secs(5)).await;
    assert_eq!(known, Ok(Known::Said(Skew::Newer)));
}

#[tokio::test]
async fn neighbouring_versions_understand_each_other_over_grpc() {
    all_understand_each_other(grpc).await;
    what_is_new_is_said_to_be_missing(grpc()).await;
}

#[tokio::test]
async fn a_version_that_would_misread_is_not_called_over_grpc() {
    what_would_be_misread_is_not_sent(grpc()).await;
}

#[tokio::test]
#[ignore = "needs RabbitMQ: cargo xtask test"]
async fn neighbouring_versions_understand_each_other_over_rabbitmq() {
    all_understand_each_other(rabbitmq).await;
    what_is_new_is_said_to_be_missing(rabbitmq()).await;
}

#[tokio::test]
#[ignore = "needs RabbitMQ: cargo xtask test"]
async fn a_version_that_would_misread_is_not_called_over_rabbitmq() {
    what_would_be_misread_is_not_sent(rabbitmq()).await;
}
