//! A colony in the plane and its limit, for a page: `begin` reads an experiment file, `advance` does a field step, and the
//! fields are read from the memory of the module.
//!
//! An instance of the module is for one experiment. The next one has an instance and a memory of its own, so that what an
//! instance holds lives as long as it does.

use kinetaxis::experiment::read;
use kinetaxis::model::Model;
use kinetaxis::simulation::Simulation;
use kinetaxis::study::{LimitFields, Monitor, watched_limit};
use std::cell::RefCell;
use std::error::Error;
use std::sync::atomic::AtomicBool;

/// A field step was done; none is left; it failed, and `text` says why.
const DONE: i32 = 1;
const ENDED: i32 = 0;
const FAILED: i32 = -1;

static NEVER: AtomicBool = AtomicBool::new(false);

#[derive(Default)]
struct Page {
    /// What the page writes, and reads where something failed.
    text: Vec<u8>,
    model: Option<&'static Model<2>>,
    simulation: Option<Simulation<'static, 2>>,
    /// ρ of the limit at each output time, all above 0.
    limit: Vec<Vec<f32>>,
    /// The output times that are past.
    frame: usize,
    /// What is shown now.
    density: Vec<f32>,
    signal: Vec<f32>,
    cells: Vec<f32>,
}

thread_local! {
    static PAGE: RefCell<Page> = RefCell::default();
}

fn with<T>(what: impl FnOnce(&mut Page) -> T) -> T {
    PAGE.with_borrow_mut(what)
}

/// What `work` comes to; an error is kept as the text.
fn told(page: &mut Page, work: impl FnOnce(&mut Page) -> Result<i32, Box<dyn Error>>) -> i32 {
    work(page).unwrap_or_else(|error| {
        page.text = error.to_string().into_bytes();
        FAILED
    })
}

/// Room for a text of so many bytes: where it begins.
#[unsafe(no_mangle)]
pub extern "C" fn text(length: usize) -> *mut u8 {
    with(|page| {
        page.text.resize(length, 0);
        page.text.as_mut_ptr()
    })
}

/// Bytes of the text that is there.
#[unsafe(no_mangle)]
pub extern "C" fn text_length() -> usize {
    with(|page| page.text.len())
}

/// Where the text begins.
#[unsafe(no_mangle)]
pub extern "C" fn text_start() -> *const u8 {
    with(|page| page.text.as_ptr())
}

/// Reads the text, an experiment in the plane, and solves its limit at the output times. The cells stand at t = 0.
#[unsafe(no_mangle)]
pub extern "C" fn begin() -> i32 {
    with(|page| {
        told(page, |page| {
            let text = String::from_utf8(std::mem::take(&mut page.text))?;
            let e = read(&text, "experiment.toml", &[])?.experiment;
            let model: &'static Model<2> = Box::leak(Box::new(Model::new(&e)?));
            let run = watched_limit::<2>(&e, false, &Monitor::silent(&NEVER))?;
            // Through the bandwidth, as cells are seen.
            let deposit = &e.first().deposit;
            let of = |f: &LimitFields<2>| {
                single(&f.populations[0].smoothed_density(&model.spectral, deposit))
            };
            page.limit = run.fields.iter().map(of).collect();
            page.model = Some(model);
            page.simulation = Some(Simulation::new(model, 0)?);
            page.show();
            Ok(DONE)
        })
    })
}

/// Does field steps until the next output time.
#[unsafe(no_mangle)]
pub extern "C" fn advance() -> i32 {
    with(|page| {
        told(page, |page| {
            let simulation = page.simulation.as_mut().ok_or("nothing has begun")?;
            let mut seen = false;
            while !seen {
                if !simulation.advance_tick(&NEVER, &|_| {}, |_| seen = true)? {
                    return Ok(ENDED);
                }
            }
            page.frame += 1;
            page.show();
            Ok(DONE)
        })
    })
}

/// Time of the cells.
#[unsafe(no_mangle)]
pub extern "C" fn time() -> f64 {
    with(|page| page.simulation.as_ref().map_or(0.0, |s| s.state().time))
}

/// ρ of the cells at the nodes, the second axis fastest.
#[unsafe(no_mangle)]
pub extern "C" fn density() -> *const f32 {
    with(|page| page.density.as_ptr())
}

/// S of the cells at the nodes.
#[unsafe(no_mangle)]
pub extern "C" fn signal() -> *const f32 {
    with(|page| page.signal.as_ptr())
}

/// Places of the cells, x and y in turn.
#[unsafe(no_mangle)]
pub extern "C" fn cells() -> *const f32 {
    with(|page| page.cells.as_ptr())
}

/// Number of cells.
#[unsafe(no_mangle)]
pub extern "C" fn count() -> usize {
    with(|page| page.cells.len() / 2)
}

/// ρ of the limit at the nodes now; null at t = 0, and where the limit was lost.
#[unsafe(no_mangle)]
pub extern "C" fn limit() -> *const f32 {
    with(|page| {
        let now = page.frame.checked_sub(1).and_then(|frame| page.limit.get(frame));
        now.map_or(std::ptr::null(), |field| field.as_ptr())
    })
}

impl Page {
    fn show(&mut self) {
        let (Some(model), Some(simulation)) = (self.model, &self.simulation) else { return };
        let state = simulation.state();
        let colony = &state.populations[0];
        let nodal = |coefficients: &[f64]| single(&model.spectral.inverse(coefficients));
        self.density = nodal(&colony.density.now);
        self.signal = nodal(&state.signals[0]);
        self.cells.clear();
        self.cells.extend(colony.cells.positions.iter().flatten().map(|x| x as f32));
    }
}

fn single(all: &[f64]) -> Vec<f32> {
    all.iter().map(|x| *x as f32).collect()
}
