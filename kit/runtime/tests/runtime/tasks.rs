//! Background work: begins when the process does, is woken, and ends when it is asked to.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use outgrow_runtime::{Bell, Tasks};
use outgrow_testkit::until_async;

const NEVER: Duration = Duration::from_hours(1);

async fn until(count: &AtomicUsize, at_least: usize) {
    let reached = async || count.load(Ordering::SeqCst) >= at_least;
    until_async("it ran often enough", Duration::from_secs(5), reached).await;
}

#[tokio::test]
async fn a_chore_begins_with_the_process_and_runs_again_when_its_bell_rings() {
    let (tasks, bell, runs) = (Tasks::default(), Bell::default(), Arc::new(AtomicUsize::new(0)));
    let counted = runs.clone();
    tasks.chore("count", NEVER, &bell, move || {
        let counted = counted.clone();
        async move {
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(runs.load(Ordering::SeqCst), 0, "not before the process has started");
    tasks.start();
    until(&runs, 1).await;
    bell.ring();
    until(&runs, 2).await;
    assert!(tasks.drain(Duration::from_secs(5)).await);
}

#[tokio::test]
async fn a_chore_that_panics_runs_again() {
    let (tasks, bell, runs) = (Tasks::default(), Bell::default(), Arc::new(AtomicUsize::new(0)));
    let counted = runs.clone();
    tasks.chore("panic", Duration::from_millis(1), &bell, move || {
        let counted = counted.clone();
        async move {
            counted.fetch_add(1, Ordering::SeqCst);
            panic!("as asked");
        }
    });
    tasks.start();
    until(&runs, 3).await;
    assert!(tasks.drain(Duration::from_secs(5)).await);
}

#[tokio::test]
async fn a_worklist_is_worked_off_and_looked_at_again_while_anything_gets_done() {
    let (tasks, bell) = (Tasks::default(), Bell::default());
    let (left, stuck) = (Arc::new(AtomicUsize::new(40)), Arc::new(AtomicUsize::new(0)));
    let (due, handled, rounds) = (left.clone(), left.clone(), stuck.clone());
    tasks.worklist(
        "work",
        NEVER,
        &bell,
        move || {
            let (left, rounds) = (due.load(Ordering::SeqCst), rounds.clone());
            async move {
                rounds.fetch_add(1, Ordering::SeqCst);
                (0..left.min(10)).collect::<Vec<_>>()
            }
        },
        move |_item: usize| {
            let left = handled.clone();
            async move {
                left.fetch_sub(1, Ordering::SeqCst);
                true
            }
        },
    );
    tasks.start();
    until(&stuck, 5).await;
    assert_eq!(left.load(Ordering::SeqCst), 0);
    assert!(tasks.drain(Duration::from_secs(5)).await);
}

#[tokio::test]
async fn work_that_has_begun_is_finished_before_the_process_ends() {
    let (tasks, bell, ended) = (Tasks::default(), Bell::default(), Arc::new(AtomicUsize::new(0)));
    let (begun, counted) = (Arc::new(AtomicUsize::new(0)), ended.clone());
    let begins = begun.clone();
    tasks.chore("slow", NEVER, &bell, move || {
        let (begins, counted) = (begins.clone(), counted.clone());
        async move {
            begins.fetch_add(1, Ordering::SeqCst);
            for _ in 0..1000 {
                tokio::task::yield_now().await;
            }
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    tasks.start();
    until(&begun, 1).await;
    assert!(tasks.drain(Duration::from_secs(5)).await);
    assert_eq!(ended.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_worklist_that_is_never_empty_ends_when_it_is_asked_to() {
    let (tasks, bell, handled) = (Tasks::default(), Bell::default(), Arc::new(AtomicUsize::new(0)));
    let counted = handled.clone();
    tasks.worklist(
        "endless",
        NEVER,
        &bell,
        || async { (0..1_000_000).collect::<Vec<usize>>() },
        move |_item| {
            let counted = counted.clone();
            async move {
                counted.fetch_add(1, Ordering::SeqCst);
                tokio::task::yield_now().await;
                true
            }
        },
    );
    tasks.start();
    until(&handled, 10).await;
    assert!(tasks.drain(Duration::from_secs(20)).await);
    assert!(handled.load(Ordering::SeqCst) < 1_000_000, "not even its round is worked off");
}
