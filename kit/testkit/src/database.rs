//! A PostgreSQL database that is thrown away.

use std::{
    env,
    net::SocketAddr,
    process,
    sync::atomic::{AtomicU32, Ordering},
    thread,
};

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use tokio::sync::Mutex;

/// The server that is used if nothing else is said.
const SERVER: &str = "postgres://postgres@127.0.0.1:5432/postgres";

/// A database of its own, on the server of `OUTGROW_TEST_POSTGRES` (default: `postgres://postgres@127.0.0.1:5432/postgres`),
/// whose user must be a superuser. It is gone when it goes out of scope, and so is every role that is named after it.
#[derive(Debug)]
pub struct TestDatabase {
    name: String,
    /// Up to and without the name of the database.
    server: String,
    administrator: Mutex<PgConnection>,
}

impl TestDatabase {
    /// A new one.
    ///
    /// # Panics
    /// When there is no server: `cargo xtask test` finds or starts one.
    pub async fn new() -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let url = env::var("OUTGROW_TEST_POSTGRES").unwrap_or_else(|_| SERVER.to_owned());
        let name = format!("outgrow_{}_{}", process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        let Some((server, _)) = url.rsplit_once('/') else { panic!("{url} names no database") };
        let mut administrator = match PgConnection::connect(&url).await {
            Ok(administrator) => administrator,
            Err(error) => panic!("PostgreSQL at {url}: {error}; `cargo xtask test` starts one"),
        };
        run(&mut administrator, format!("create database {name}")).await;
        Self { name, server: server.to_owned(), administrator: Mutex::new(administrator) }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its url, for the superuser.
    pub fn url(&self) -> String {
        format!("{}/{}", self.server, self.name)
    }

    /// Its url, for another login without a password.
    pub fn url_as(&self, login: &str) -> String {
        let host = self.server.rsplit_once(['@', '/']).map_or("", |(_, host)| host);
        format!("postgres://{login}@{host}/{}", self.name)
    }

    /// Where its server is.
    ///
    /// # Panics
    /// When that has no address.
    pub async fn server(&self) -> SocketAddr {
        let at = self.server.rsplit_once(['@', '/']).map_or("", |(_, host)| host);
        let at = if at.contains(':') { at.to_owned() } else { format!("{at}:5432") };
        match tokio::net::lookup_host(&at).await.ok().and_then(|mut found| found.next()) {
            Some(address) => address,
            None => panic!("{at} has no address"),
        }
    }

    /// Does something as the superuser, outside of this database: make a role, look at sessions.
    ///
    /// # Panics
    /// When the server says no.
    pub async fn administer(&self, statement: impl Into<String>) {
        run(&mut *self.administrator.lock().await, statement.into()).await;
    }

    /// Changes this database as the superuser: by any number of statements, all or none.
    ///
    /// # Panics
    /// When the server says no.
    pub async fn alter(&self, statements: &str) {
        let url = self.url();
        match PgConnection::connect(&url).await {
            Ok(mut session) => run(&mut session, statements.to_owned()).await,
            Err(error) => panic!("PostgreSQL at {url}: {error}"),
        }
    }

    /// How many sessions in this database are in a transaction and do nothing.
    ///
    /// # Panics
    /// When the server says no.
    pub async fn idle_transactions(&self) -> i64 {
        const IDLE: &str = "select count(*) from pg_stat_activity
                             where datname = $1 and starts_with(application_name, $2)
                               and state like 'idle in transaction%'";
        self.count(IDLE, "").await
    }

    /// How many locks on tables and rows of this database somebody holds or waits for.
    ///
    /// # Panics
    /// When the server says no.
    pub async fn locks(&self) -> i64 {
        const LOCKS: &str = "select count(*) from pg_locks join pg_stat_activity using (pid)
                              where datname = $1 and starts_with(application_name, $2)
                                and locktype in ('relation', 'tuple', 'page')";
        self.count(LOCKS, "").await
    }

    /// Ends every session of this name in this database, whatever it is doing (`pg_terminate_backend`), and tells how
    /// many there were.
    ///
    /// # Panics
    /// When the server says no.
    pub async fn end_sessions_of(&self, application: &str) -> i64 {
        const END: &str = "select count(pg_terminate_backend(pid)) from pg_stat_activity
                            where datname = $1 and application_name = $2";
        self.count(END, application).await
    }

    /// How many sessions of this name in this database wait for a lock.
    ///
    /// # Panics
    /// When the server says no.
    pub async fn waiting(&self, application: &str) -> i64 {
        const WAITING: &str = "select count(*) from pg_stat_activity
                                where datname = $1 and application_name = $2 and wait_event_type = 'Lock'";
        self.count(WAITING, application).await
    }

    /// How the database answers one statement of somebody who logs in so: nothing, or the code of the error. Nothing
    /// comes of it.
    ///
    /// # Panics
    /// When nobody can log in so, or the connection breaks.
    pub async fn answer(&self, login: &str, statement: &str) -> Result<(), String> {
        let url = self.url_as(login);
        let mut session = match PgConnection::connect(&url).await {
            Ok(session) => session,
            Err(error) => panic!("PostgreSQL at {url}: {error}"),
        };
        let answer = session.execute(AssertSqlSafe(format!("begin; {statement}; rollback"))).await;
        answer.map(drop).map_err(|error| {
            match error.as_database_error().and_then(sqlx::error::DatabaseError::code) {
                Some(code) => code.into_owned(),
                None => panic!("{statement}: {error}"),
            }
        })
    }

    async fn count(&self, what: &'static str, application: &str) -> i64 {
        let mut administrator = self.administrator.lock().await;
        let counted = sqlx::query_scalar(what).bind(&self.name).bind(application);
        counted.fetch_one(&mut *administrator).await.unwrap_or_else(|error| panic!("{what}: {error}"))
    }

    /// Lets nobody write this table until what is returned is released, or dropped.
    ///
    /// # Panics
    /// When the server says no.
    pub async fn lock(&self, table: &str) -> Locked {
        let url = self.url();
        match PgConnection::connect(&url).await {
            Ok(mut session) => {
                run(&mut session, format!("begin; lock table {table} in exclusive mode")).await;
                Locked(session)
            }
            Err(error) => panic!("PostgreSQL at {url}: {error}"),
        }
    }

    async fn remove(name: String, url: String) -> Result<(), sqlx::Error> {
        let mut server = PgConnection::connect(&url).await?;
        server.execute(AssertSqlSafe(format!("drop database {name} with (force)"))).await?;
        // Roles are the server's, not the database's.
        let roles = "select rolname::text from pg_roles where starts_with(rolname, $1 || '_')";
        let roles: Vec<String> = sqlx::query_scalar(roles).bind(&name).fetch_all(&mut server).await?;
        for role in roles {
            server.execute(AssertSqlSafe(format!("drop role \"{role}\""))).await?;
        }
        server.close().await
    }
}

/// A table that nobody else can write.
#[derive(Debug)]
pub struct Locked(PgConnection);

impl Locked {
    /// Lets others write it again; they can when this returns.
    ///
    /// # Panics
    /// When the server says no.
    pub async fn release(mut self) {
        run(&mut self.0, "rollback".to_owned()).await;
    }
}

async fn run(administrator: &mut PgConnection, statement: String) {
    if let Err(error) = administrator.execute(AssertSqlSafe(statement.clone())).await {
        panic!("{statement}: {error}");
    }
}

impl Drop for TestDatabase {
    #[expect(clippy::print_stderr, reason = "tells what is left behind")]
    fn drop(&mut self) {
        let name = self.name.clone();
        let url = env::var("OUTGROW_TEST_POSTGRES").unwrap_or_else(|_| SERVER.to_owned());
        // On a thread of its own: the test's runtime may be ending.
        let removing = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(Self::remove(name, url)).map_err(std::io::Error::other)
        });
        if !matches!(removing.join(), Ok(Ok(()))) {
            eprintln!("the database {} is left behind", self.name);
        }
    }
}
