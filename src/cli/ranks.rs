//! Ranks of MPI share a study out: rank 0 hands out the numbers of its tasks, the others do them and keep their
//! records in one ledger, and then rank 0 makes the results. The cells of a single run are spread over all ranks, and rank 0
//! writes what is found. Without the feature `mpi` a process is alone.

#[cfg(feature = "mpi")]
pub use many::{Ranks, crew, is_worker, turns};
#[cfg(not(feature = "mpi"))]
pub use one::{Ranks, crew, is_worker, turns};

use super::error::{CliError, code};
use crate::crew::Crew;

/// What all ranks of a crew come to, if one of them has failed: rank 0 tells why.
pub fn agreed<T>(crew: &Crew, result: Result<T, CliError>) -> Result<T, CliError> {
    if crew.is_alone() {
        return result;
    }
    let own = result.as_ref().err().map(|e| (code(e), e.to_string()));
    let first = crew.fold(None, |before: Option<(u8, String)>| before.or(own));
    let Some((code, why)) = first else { return result };
    match result {
        _ if is_worker() => Err(CliError::Shared("rank 0 tells why".into())),
        Ok(_) if code == 2 => Err(CliError::BadInput(why)),
        Ok(_) => Err(CliError::Failure(why)),
        own => own,
    }
}

#[cfg(not(feature = "mpi"))]
mod one {
    use super::super::error::CliError;
    use crate::crew::Crew;
    use crate::output::{Shard, Turns};

    /// All ranks while the program runs.
    pub struct Ranks;

    impl Ranks {
        /// There is one.
        pub fn new() -> Self {
            Self
        }

        /// Nobody waits for it.
        pub fn end(self) {}
    }

    /// Whether this is another rank than 0.
    pub fn is_worker() -> bool {
        false
    }

    /// Who has the cells of a run.
    pub fn crew() -> Crew {
        Crew::default()
    }

    /// Whose turn it is: that of the shard, if there are any.
    pub fn turns(shard: Option<Shard>) -> Result<Option<Box<dyn Turns>>, CliError> {
        Ok(shard.map(|shard| Box::new(shard) as Box<dyn Turns>))
    }
}

#[cfg(feature = "mpi")]
mod many {
    use super::super::error::CliError;
    use crate::crew::{Crew, Link};
    use crate::output::{Shard, Turns};
    use mpi::Threading;
    use mpi::environment::Universe;
    use mpi::topology::SimpleCommunicator;
    use mpi::traits::{Communicator, Destination, Root, Source};
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Arc, Mutex};
    use std::thread::sleep;
    use std::time::Duration;

    /// What a worker says: it wants a number, or it has ended.
    const NEXT: u64 = 0;
    const ENDED: u64 = 1;
    /// Most bytes that are told at once: MPI counts by i32.
    const PIECE: usize = 1 << 28;
    /// Between two looks for messages: a rank that waits leaves its core to the others.
    const PAUSE: Duration = Duration::from_millis(1);

    static WORKS: AtomicBool = AtomicBool::new(false);

    /// All ranks while the program runs. MPI is spoken by the main thread alone.
    pub struct Ranks {
        /// MPI ends when it is dropped.
        _universe: Option<Universe>,
    }

    impl Ranks {
        /// Starts MPI.
        pub fn new() -> Self {
            let begun = mpi::initialize_with_threading(Threading::Funneled);
            Self { _universe: begun.map(|(universe, _)| universe) }
        }

        /// Tells rank 0 that this one has ended.
        pub fn end(self) {
            if WORKS.load(Ordering::SeqCst) {
                SimpleCommunicator::world().process_at_rank(0).send(&ENDED);
            }
        }
    }

    /// Whether this is another rank than 0.
    pub fn is_worker() -> bool {
        SimpleCommunicator::world().rank() > 0
    }

    /// Who has the cells of a run.
    pub fn crew() -> Crew {
        match SimpleCommunicator::world().size() {
            1 => Crew::default(),
            _ => Crew::new(Arc::new(World)),
        }
    }

    /// All ranks, in their order.
    struct World;

    impl Link for World {
        fn place(&self) -> (usize, usize) {
            let world = SimpleCommunicator::world();
            (world.rank() as usize, world.size() as usize)
        }

        fn send(&self, bytes: &[u8]) {
            let world = SimpleCommunicator::world();
            world.process_at_rank(world.rank() + 1).send(bytes);
        }

        fn receive(&self) -> Vec<u8> {
            let world = SimpleCommunicator::world();
            world.process_at_rank(world.rank() - 1).receive_vec().0
        }

        fn tell(&self, bytes: &mut Vec<u8>) {
            let world = SimpleCommunicator::world();
            let last = world.process_at_rank(world.size() - 1);
            let mut length = bytes.len() as u64;
            last.broadcast_into(&mut length);
            bytes.resize(length as usize, 0);
            bytes.chunks_mut(PIECE).for_each(|piece| last.broadcast_into(piece));
        }
    }

    /// Whose turn it is. Rank 0 comes back when all others have ended, and then has all records.
    pub fn turns(shard: Option<Shard>) -> Result<Option<Box<dyn Turns>>, CliError> {
        let world = SimpleCommunicator::world();
        match (world.size(), world.rank(), shard) {
            (1, _, shard) => Ok(shard.map(|shard| Box::new(shard) as Box<dyn Turns>)),
            (_, _, Some(_)) => Err(CliError::BadInput(
                "--shard and several ranks of MPI both share the tasks out. Give one of them"
                    .into(),
            )),
            (size, 0, None) => {
                serve(&world, size - 1);
                Ok(None)
            }
            _ => {
                WORKS.store(true, Ordering::SeqCst);
                Ok(Some(Box::new(Handed(Mutex::new(None)))))
            }
        }
    }

    /// Hands out 0, 1, … until all workers have ended.
    fn serve(world: &SimpleCommunicator, mut workers: i32) {
        let mut next = 0_u64;
        while workers > 0 {
            let Some(status) = world.any_process().immediate_probe() else {
                sleep(PAUSE);
                continue;
            };
            let worker = world.process_at_rank(status.source_rank());
            match worker.receive::<u64>().0 {
                NEXT => {
                    worker.send(&next);
                    next += 1;
                }
                _ => workers -= 1,
            }
        }
    }

    /// The number that this rank has been handed and has not yet come to.
    struct Handed(Mutex<Option<u64>>);

    impl Turns for Handed {
        fn has(&self, number: usize) -> bool {
            let mut handed = self.0.lock().unwrap_or_else(|e| e.into_inner());
            let own = *handed.get_or_insert_with(|| {
                let world = SimpleCommunicator::world();
                let first = world.process_at_rank(0);
                first.send(&NEXT);
                first.receive::<u64>().0
            });
            let has = own == number as u64;
            if has {
                *handed = None;
            }
            has
        }
    }
}
