//! A directory that lives as long as its test.

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
};

/// A new, empty directory. It goes away with the value, but stays, and says where it is, if the test panics.
#[derive(Debug)]
pub struct TestDir(tempfile::TempDir);

impl TestDir {
    /// A directory under the system's temporary one.
    ///
    /// # Panics
    /// When the system's temporary directory cannot be written.
    #[track_caller]
    pub fn new() -> Self {
        match tempfile::Builder::new().prefix("outgrow-").tempdir() {
            Ok(dir) => Self(dir),
            Err(error) => panic!("no temporary directory: {error}"),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// The path of `name` in it, whether it exists or not.
    pub fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.path().join(name)
    }

    /// Writes a file into it, with the directories on the way, and returns its path.
    ///
    /// # Panics
    /// When it cannot be written.
    #[track_caller]
    pub fn write(&self, name: impl AsRef<Path>, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.join(name);
        let written =
            path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, content));
        match written {
            Ok(()) => path,
            Err(error) => panic!("{} cannot be written: {error}", path.display()),
        }
    }
}

impl Default for TestDir {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for TestDir {
    #[expect(clippy::print_stderr, reason = "tells who reads the failure where to look")]
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.disable_cleanup(true);
            eprintln!("kept for a look: {}", self.path().display());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;

    #[test]
    fn it_goes_away_with_what_is_in_it() {
        let dir = TestDir::new();
        let file = dir.write("data/shop.toml", "[data]");
        assert_eq!(fs::read_to_string(&file).unwrap(), "[data]");
        drop(dir);
        assert!(!file.exists());
    }

    #[test]
    fn it_stays_when_the_test_fails() {
        let dir = TestDir::new();
        let path = dir.path().to_owned();
        catch_unwind(move || {
            let _dir = dir;
            panic!("planted");
        })
        .unwrap_err();
        assert!(path.exists());
        fs::remove_dir(path).unwrap();
    }
}
