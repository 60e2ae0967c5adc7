//! The file itself: one that was deleted or replaced under the program is still open, and answers as if nothing had
//! happened.

use std::{
    fs::{self, Metadata},
    io,
    path::{Path, PathBuf},
};

use crate::store::StoreError;

/// The file that was opened.
#[derive(Clone, Debug)]
pub(super) struct File {
    path: PathBuf,
    identity: FileId,
}

/// The identity of a file, whatever its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FileId {
    device: u64,
    inode: u64,
}

impl File {
    /// The file that lies at a path now.
    pub(super) fn at(path: &Path) -> Result<Self, StoreError> {
        // The program may change its folder.
        let path = fs::canonicalize(path).map_err(unavailable)?;
        let identity = identity(&fs::metadata(&path).map_err(unavailable)?);
        Ok(Self { path, identity })
    }

    /// Checks that it still lies there.
    pub(super) fn is_in_its_place(&self) -> Result<(), StoreError> {
        let found = fs::metadata(&self.path).map_err(unavailable)?;
        if identity(&found) == self.identity {
            Ok(())
        } else {
            Err(StoreError::Unavailable(
                "another file has replaced the database; open the store again".into(),
            ))
        }
    }
}

fn unavailable(error: io::Error) -> StoreError {
    StoreError::Unavailable(error.into())
}

#[cfg(unix)]
fn identity(metadata: &Metadata) -> FileId {
    use std::os::unix::fs::MetadataExt as _;

    FileId { device: metadata.dev(), inode: metadata.ino() }
}

/// Elsewhere a file that is open cannot be deleted.
#[cfg(not(unix))]
fn identity(_: &Metadata) -> FileId {
    FileId { device: 0, inode: 0 }
}
