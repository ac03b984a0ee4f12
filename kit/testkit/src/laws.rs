//! Laws: what every answer to a need keeps to, written once and tried on each.

/// Makes a test of each law in the module `crate::laws`: an `async fn(&Store)` that gets an empty store.
///
/// `empty` is an `async fn` that returns what keeps the store alive, and the store in an `Arc`. Attributes before it
/// are those of each test.
///
/// ```
/// # mod laws { pub(crate) async fn an_empty_store_has_nothing(_: &()) {} }
/// # async fn in_memory() -> ((), std::sync::Arc<()>) { ((), std::sync::Arc::new(())) }
/// outgrow_testkit::test_laws! { [in_memory] an_empty_store_has_nothing }
/// outgrow_testkit::test_laws! { [#[ignore = "needs PostgreSQL"] in_memory] }
/// ```
#[expect(clippy::crate_in_macro_def, reason = "the laws are those of the crate that is tested")]
#[macro_export]
macro_rules! test_laws {
    ([$(#[$attribute:meta])* $empty:path]) => {};
    ([$(#[$attribute:meta])* $empty:path] $law:ident $($more:ident)*) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        $(#[$attribute])*
        async fn $law() {
            let (_place, store) = $empty().await;
            crate::laws::$law(&*store).await;
        }

        $crate::test_laws! { [$(#[$attribute])* $empty] $($more)* }
    };
}
