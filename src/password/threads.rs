//! The threads that hash: apart from those that answer requests, behind them in priority, and with memory that they keep.
//!
//! A hash fills a processor for some ten milliseconds. At the priority of all other threads, as many hashes as there are
//! processors would make each other request wait for a slice of the scheduler. And a new block of memory for each hash
//! would cost nearly half as much as the hash: the kernel clears its pages one by one.

use std::{cell::RefCell, hint::black_box, io};

use argon2::Block;
use tokio::runtime::{Builder, Runtime};

use super::HashError;

/// The threads. They begin when they are needed, and end when they have been idle for some seconds.
#[derive(Debug)]
pub(super) struct Threads(Option<Runtime>);

/// The memory of a thread, of which each hash overwrites what it reads.
#[derive(Default)]
pub(super) struct Memory(Vec<Block>);

thread_local! {
    static MEMORY: RefCell<Memory> = RefCell::default();
}

impl Threads {
    pub(super) fn new(most: usize) -> io::Result<Self> {
        let mut builder = Builder::new_current_thread();
        let builder = builder.thread_name("password").max_blocking_threads(most);
        builder.on_thread_start(stand_back).build().map(|runtime| Self(Some(runtime)))
    }

    /// Runs some work on one of them, also if the caller goes away.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Memory) -> Result<T, HashError> + Send + 'static,
    ) -> Result<T, HashError> {
        let runtime = self.0.as_ref().ok_or(HashError::Failed)?;
        let work = move || MEMORY.with_borrow_mut(work);
        runtime.spawn_blocking(work).await.map_err(|_| HashError::Failed)?
    }
}

impl Drop for Threads {
    /// Waits for none of them: an async task may be dropping this.
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl Memory {
    /// Checks that there is room for that many blocks. Touches none of them, and so costs nothing.
    ///
    /// # Errors
    /// [`HashError::NoMemory`].
    pub(super) fn check(count: usize) -> Result<(), HashError> {
        let mut room = Vec::<Block>::new();
        room.try_reserve_exact(count).map_err(|_| HashError::NoMemory)?;
        // Memory that nothing looks at may be left out by the compiler, and then there is always room.
        black_box(&room);
        Ok(())
    }

    /// Returns that many blocks, whatever they hold. Keeps those of the last hash alone, and so no more than one needs.
    ///
    /// # Errors
    /// [`HashError::NoMemory`].
    pub(super) fn blocks(&mut self, count: usize) -> Result<&mut [Block], HashError> {
        if self.0.len() != count {
            self.0 = Vec::new();
            self.0.try_reserve_exact(count).map_err(|_| HashError::NoMemory)?;
            self.0.resize(count, Block::new());
        }
        Ok(&mut self.0)
    }
}

/// Lets all other threads of the process go first.
#[cfg(target_os = "linux")]
fn stand_back() {
    /// Ten steps are a tenth of the weight of another thread, if both want one processor.
    const NICE: i32 = 10;
    // Of Linux's threads each has a priority of its own, and no id means the one that calls. If it is denied, the threads
    // are as all others.
    let _denied = rustix::process::setpriority_process(None, NICE);
}

/// Elsewhere a priority is the whole process's.
#[cfg(not(target_os = "linux"))]
const fn stand_back() {}
