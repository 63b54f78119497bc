//! Cells that several processes have between them fly as they do in one, to the last bit. Here the processes are threads
//! that share nothing but their link; `tests/mpi.sh` has ranks of MPI.

use kinetaxis::crew::{Crew, Link};
use kinetaxis::experiment::read;
use kinetaxis::model::Model;
use kinetaxis::study::{Keep, Monitor, RunRecord, Snapshot, observe_run};
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

/// One of a ring: each hands on to the next, and the last tells all by the same way.
struct Ring {
    place: (usize, usize),
    to_next: Sender<Vec<u8>>,
    from_last: Mutex<Receiver<Vec<u8>>>,
}

impl Link for Ring {
    fn place(&self) -> (usize, usize) {
        self.place
    }

    fn send(&self, bytes: &[u8]) {
        self.to_next.send(bytes.to_vec()).unwrap();
    }

    fn receive(&self) -> Vec<u8> {
        self.from_last.lock().unwrap().recv().unwrap()
    }

    fn tell(&self, bytes: &mut Vec<u8>) {
        let (number, all) = self.place;
        if number + 1 < all {
            *bytes = self.receive();
        }
        if all > 1 && number + 2 != all {
            self.send(bytes);
        }
    }
}

fn crews(all: usize) -> Vec<Crew> {
    let (senders, receivers): (Vec<_>, Vec<_>) = (0..all).map(|_| channel::<Vec<u8>>()).unzip();
    let link = |(number, from_last): (usize, _)| {
        let to_next = senders[(number + 1) % all].clone();
        Crew::new(Arc::new(Ring {
            place: (number, all),
            to_next,
            from_last: Mutex::new(from_last),
        }))
    };
    receivers.into_iter().enumerate().map(link).collect()
}

/// What is observed, as text that tells every bit, or why the run ended.
fn told<const D: usize>(text: &str, crew: &Crew) -> Result<String, String> {
    let experiment = read(text, "", &[]).unwrap_or_else(|e| panic!("{e}")).experiment;
    let model = Model::<D>::new(&experiment).unwrap().spread_over(crew);
    let stop = AtomicBool::new(false);
    let record = observe_run(&model, 3, Keep::default(), &Monitor::silent(&stop), 1.0);
    let RunRecord { snapshots, tally, .. } = record.map_err(|e| e.to_string())?;
    assert!(!snapshots.is_empty());
    let of = |s: &Snapshot<D>| {
        format!("{} {:?} {:?} {:?}", s.time, s.observables, s.densities, s.signals)
    };
    Ok(format!("{:?} {tally:?}", snapshots.iter().map(of).collect::<Vec<_>>()))
}

fn assert_same<const D: usize>(text: &str, is_right: bool) -> String {
    let alone = told::<D>(text, &Crew::default());
    assert_eq!(alone.is_ok(), is_right, "{alone:?}");
    for all in [1, 2, 3, 5] {
        let of_each: Vec<_> = std::thread::scope(|scope| {
            let begin = |crew: Crew| scope.spawn(move || told::<D>(text, &crew));
            let threads: Vec<_> = crews(all).into_iter().map(begin).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        for (number, own) in of_each.iter().enumerate() {
            assert!(*own == alone, "{number} of {all}: {own:?} instead of {alone:?}");
        }
    }
    alone.unwrap_or_else(|e| e)
}

const LINE: &str = r#"
dimension = 1
epsilon = 0.2
motion = "MOTION"
domain = { lower = 0, upper = 1, grid = 32, boundary = "no-flux" }
kernel = { model = "local", a = 0.3, b = 0.2 }
signal = { equation = "elliptic", decay = 1 }
cells = { count = 9001, mean_velocity = 0.3, density = { shape = "cosine", amplitude = 0.5, mode = 1 } }
time = { end = 0.2, step = 0.05, outputs = [0, 0.1, 0.2] }
"#;

#[test]
fn a_crew_makes_the_bits_of_one_process() {
    for motion in ["exact", "skip-ahead", "hybrid"] {
        assert_same::<1>(&LINE.replace("MOTION", motion), true);
    }
    // Two populations and two signals; a stratified start in antithetic pairs; more processes than there are parts.
    assert_same::<2>(
        r#"
dimension = 2
epsilon = 0.3
domain = { lower = 0, upper = 2, grid = 16, boundary = ["no-flux", "periodic"] }
time = { end = 0.2, step = 0.1 }
[populations.hunters]
kernel = { model = "local", b = 0.2, senses = "scent" }
cells = { count = 12345, stratified = true, antithetic = true, density = { shape = "gaussian", width = 0.4 } }
[populations.prey]
kernel = { model = "local", b = 0.1, senses = "food" }
velocity = { set = "ball" }
cells = { count = 700 }
[signals.scent]
equation = "parabolic"
producers = ["prey"]
decay = 1
[signals.food]
equation = "elliptic"
decay = 1
producers = ["hunters"]
"#,
        true,
    );
    // Whole space, with the identities that are printed there.
    assert_same::<2>(
        r#"
dimension = 2
epsilon = 0.2
domain = { lower = -4, upper = 4, grid = 32, boundary = "open" }
kernel = { model = "local", a = 0.3 }
signal = { equation = "elliptic" }
cells = { count = 20000, density = { shape = "gaussian", width = 0.7 } }
time = { end = 0.1, step = 0.05 }
"#,
        true,
    );
    assert_same::<3>(
        r#"
dimension = 3
epsilon = 0.4
domain = { lower = 0, upper = 1, grid = 8 }
kernel = { model = "nonlocal", c1 = 0.2, c2 = 0.3 }
signal = { equation = "parabolic", decay = 1 }
cells = { count = 10000 }
time = { end = 0.1, step = 0.05 }
"#,
        true,
    );
}

/// A cell that breaks what must hold, and mass that leaves the box, end the run of all in the same words.
#[test]
fn what_one_of_a_crew_meets_all_do() {
    let bound = LINE
        .replace("MOTION", "exact")
        .replace(r#"model = "local", a = 0.3, b = 0.2"#, r#"model = "local", b = 4, bound = 1.01"#)
        .replace("count = 9001", "count = 50000");
    let told = assert_same::<1>(&bound, false);
    assert!(told.contains("exceeds its bound"), "{told}");
    let leaks = r#"
dimension = 1
epsilon = 0.2
domain = { lower = -2, upper = 2, grid = 32, boundary = "open", leak = 1e-4 }
kernel = { model = "local" }
cells = { count = 20000, density = { shape = "gaussian", width = 0.4 } }
time = { end = 2, step = 0.05 }
"#;
    let told = assert_same::<1>(leaks, false);
    assert!(told.contains("the cells fill"), "{told}");
}
