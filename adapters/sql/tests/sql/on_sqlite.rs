//! What holds on SQLite alone: files, processes, urls.

use std::{env, fs, process::Command, sync::Arc};

use adapter_sql::{DataUrl, Home, Homes, OpenError};
use outgrow::{CommitError, SystemClock, SystemIds};
use outgrow_runtime::Tasks;
use outgrow_testkit::TestDir;
use tokio::task::JoinSet;

use super::place::{Place, SHELF, insert, on_hand, take};

const URL_OF_CHILD: &str = "OUTGROW_TEST_CHILD_OF";

#[tokio::test]
async fn a_rollback_by_the_engine_itself_leaves_the_writer_usable() {
    let place = Place::sqlite();
    let db = place.db().await;
    for _ in 0..3 {
        let error = db
            .write(async |mut tx| {
                tx.query("insert or rollback into items (sku, on_hand, version) values ('bolt', 1, 1)")
                    .execute()
                    .await?;
                tx.commit(()).await
            })
            .await
            .unwrap_err();
        assert!(matches!(error, CommitError::Conflict), "{error:?}");
    }
    take(&db, "bolt", 1).await.unwrap();
}

/// Without the lock about one round in forty ends with *database is locked*.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fresh_home_can_be_opened_by_many_at_once() {
    let dir = TestDir::new();
    for round in 0..60 {
        let url = format!("sqlite:{}", dir.join(round.to_string()).display());
        let opened: JoinSet<_> = (0..8).map(|_| open_at(url.clone())).collect();
        let opened: Result<Vec<_>, _> = opened.join_all().await.into_iter().collect();
        opened.unwrap();
    }
}

#[test]
fn processes_that_start_at_once_on_a_fresh_home_share_it() {
    if let Ok(url) = env::var(URL_OF_CHILD) {
        return tokio::runtime::Runtime::new().unwrap().block_on(child(&url));
    }
    let dir = TestDir::new();
    let url = format!("sqlite:{}", dir.join("data").display());
    let child = || {
        Command::new(env::current_exe().unwrap())
            .args(["--exact", "sql::on_sqlite::processes_that_start_at_once_on_a_fresh_home_share_it"])
            .env(URL_OF_CHILD, &url)
            .output()
            .unwrap()
    };
    let ended: Vec<_> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..4).map(|_| scope.spawn(child)).collect();
        running.into_iter().map(|one| one.join().unwrap()).collect()
    });
    for child in ended {
        assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stdout));
        assert!(String::from_utf8_lossy(&child.stdout).contains("1 passed"), "no child ran");
    }
    let total = tokio::runtime::Runtime::new().unwrap().block_on(async {
        let (_homes, home) = open(&url).await.unwrap();
        on_hand(&home.db(), "bolt").await
    });
    assert_eq!(total, Some(100));
}

/// What each of these processes does: this test, started by itself.
async fn child(url: &str) {
    let (homes, home) = open(url).await.unwrap();
    match insert(&home.db(), "bolt", 0).await {
        Ok(()) | Err(CommitError::Conflict) => {}
        Err(error) => panic!("{error:?}"),
    }
    let db = home.db();
    for _ in 0..25 {
        let put = db.write(async |mut tx| {
            tx.query("update items set on_hand = on_hand + 1").changed_one().await?;
            tx.commit(()).await
        });
        put.await.unwrap();
    }
    homes.close().await;
}

#[tokio::test]
async fn what_is_committed_is_on_disk() {
    let dir = TestDir::new();
    let (_homes, home) = open(&format!("sqlite:{}", dir.join("data").display())).await.unwrap();
    let db = home.db();
    let set = db.write(async |mut tx| {
        let set =
            tx.query("select s.synchronous, j.journal_mode from pragma_synchronous s, pragma_journal_mode j");
        let row = set.one().await?;
        let set = (row.get::<i64>("synchronous")?, row.get::<String>("journal_mode")?);
        tx.commit(set).await
    });
    let full = 2;
    assert_eq!(set.await.unwrap(), (full, "wal".to_owned()), "a COMMIT waits for the disk");
}

#[tokio::test]
async fn every_module_has_a_file_that_only_its_owner_may_read() {
    let dir = TestDir::new();
    let (homes, home) = open(&format!("sqlite:{}", dir.join("new/data").display())).await.unwrap();
    insert(&home.db(), "bolt", 1).await.unwrap();
    let mut files: Vec<_> = fs::read_dir(dir.join("new/data")).unwrap().map(|entry| entry.unwrap()).collect();
    files.sort_by_key(fs::DirEntry::file_name);
    let names: Vec<_> = files.iter().map(|file| file.file_name().into_string().unwrap()).collect();
    assert_eq!(names, ["shelf.db", "shelf.db-shm", "shelf.db-wal", "shelf.lock"]);
    #[cfg(unix)]
    for file in &files {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o077, 0, "{:?}", file.file_name());
    }
    homes.close().await;
    assert!(!dir.join("new/data/shelf.db-wal").exists(), "the log is folded in when the home is closed");
}

#[tokio::test]
async fn a_folder_that_cannot_be_is_an_error_that_names_it() {
    let dir = TestDir::new();
    let file = dir.write("file", "");
    for folder in [file.clone(), file.join("data")] {
        let error = open(&format!("sqlite:{}", folder.display())).await.unwrap_err();
        assert!(matches!(&error, OpenError::Folder { folder: named, .. } if *named == folder), "{error:?}");
        assert_eq!(error.to_string(), format!("cannot use the data folder {}", folder.display()));
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_an_error_that_names_it() {
    let dir = TestDir::new();
    let file = dir.write("shelf.db", "not a database, but long enough to be taken for one".repeat(100));
    let error = open(&format!("sqlite:{}", dir.path().display())).await.unwrap_err();
    assert_eq!(error.to_string(), format!("cannot open the home {}", file.display()));
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("not a database"), "{source}");
}

#[test]
fn a_wrong_data_url_says_what_is_accepted() {
    for (text, says) in [
        ("data", "use `sqlite:FOLDER`"),
        ("mysql://root:secret@db/shop", "`mysql:` is no place for data"),
        ("sqlite:", "names no folder"),
        ("sqlite::memory:", "names no folder"),
        ("postgres://db:5432", "names no database"),
        ("postgres://shop:secret@db:port/shop", "not a PostgreSQL url"),
    ] {
        let error = text.parse::<DataUrl>().unwrap_err().to_string();
        assert!(error.contains(says) && !error.contains("secret"), "{text}: {error}");
    }
}

async fn open_at(url: String) -> Result<(Homes, Home), OpenError> {
    open(&url).await
}

async fn open(url: &str) -> Result<(Homes, Home), OpenError> {
    let (clock, ids) = (Arc::new(SystemClock), Arc::new(SystemIds));
    let homes = Homes::open(&url.parse().unwrap(), Tasks::default(), clock, ids).await?;
    let home = homes.home(SHELF).await?;
    Ok((homes, home))
}
