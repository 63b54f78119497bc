// Runs one colony at a time, each in an instance of the module with a memory of its own.

const GRID = 64, SHOWN = 3000;
let compiled, engine, run = 0;

function text(memory, start, length) {
  return new TextDecoder().decode(new Uint8Array(memory.buffer, start, length));
}

function said() {
  return text(engine.memory, engine.text_start(), engine.text_length());
}

/** A copy of a field, which the page owns. */
function field(start) {
  return start === 0 ? null : new Float32Array(engine.memory.buffer, start, GRID * GRID).slice();
}

/** Tells the page what there is now. */
function show(frame) {
  const count = engine.count(), all = new Float32Array(engine.memory.buffer, engine.cells(), 2 * count);
  // Cells are numbered by where they began: a few of them all over.
  const each = Math.ceil(count / SHOWN);
  const cells = all.filter((_, k) => (k >> 1) % each === 0);
  const found = {
    run, frame, time: engine.time(), cells,
    density: field(engine.density()), signal: field(engine.signal()), limit: field(engine.limit()),
  };
  postMessage(found, [cells.buffer, found.density.buffer, found.signal.buffer]);
}

async function begin(file) {
  compiled ??= await WebAssembly.compileStreaming(fetch("kinetaxis_live.wasm"));
  engine = (await WebAssembly.instantiate(compiled, {})).exports;
  const bytes = new TextEncoder().encode(file);
  // Asked for first: the memory may grow by it, and have another buffer.
  const start = engine.text(bytes.length);
  new Uint8Array(engine.memory.buffer, start, bytes.length).set(bytes);
  if (engine.begin() < 0) {
    postMessage({ run, failed: said() });
    engine = undefined;
    return;
  }
  show(0);
}

onmessage = async ({ data }) => {
  try {
    if (data.begin !== undefined) {
      run = data.run;
      await begin(data.begin);
    } else if (engine && data.run === run) {
      const done = engine.advance();
      if (done > 0) show(data.frame);
      else postMessage(done < 0 ? { run, failed: said() } : { run, ended: true });
    }
  } catch (error) {
    engine = undefined;
    postMessage({ run, failed: `the engine stopped: ${error}. Begin again` });
  }
};
