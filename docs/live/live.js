// The page: sliders make an experiment file, the worker runs it, canvases show it.

const GRID = 64, HALF = 3, FRAMES = 400, END = 4;
const $ = (id) => document.getElementById(id);
const worker = new Worker("worker.js");
const told = new URLSearchParams(location.search).get("told");
let run = 0, playing = true, asked = false, frame = 0, scale = 1, scaleOfSignal = 1;
let begun = performance.now(), shown = [], last;

const values = () => ({
  epsilon: 10 ** $("epsilon").value, chi: +$("chi").value, mass: +$("mass").value, count: Math.round(10 ** $("count").value),
});

/** On the circle with lambda = 1: D = 1/2, chi = 2 pi (a + b)/2. */
function file({ epsilon, chi, mass, count }) {
  const bias = chi / (2 * Math.PI);
  const outputs = Array.from({ length: FRAMES }, (_, k) => +((k + 1) * END / FRAMES).toFixed(6));
  return `title = "A colony that draws itself together"
dimension = 2
epsilon = ${epsilon.toPrecision(4)}

[domain]
lower = -${HALF}
upper = ${HALF}
grid = ${GRID}
boundary = "no-flux"

[kernel]
model = "local"
a = ${bias.toPrecision(6)}
b = ${bias.toPrecision(6)}

[signal]
equation = "parabolic"
decay = 1

[cells]
count = ${count}
mass = ${mass}

[cells.density]
shape = "expression"
expression = "exp(-4*((x-1.1)^2+(y-0.6)^2)) + exp(-4*((x+1)^2+(y-0.4)^2)) + exp(-4*(x*x+(y+1.2)^2))"

[deposit]
bandwidth = 0.2

[time]
end = ${END}
step = ${END / FRAMES}
outputs = [${outputs.join(", ")}]

[limit]
step = 0.02
`;
}

function begin() {
  const now = values(), text = file(now);
  $("epsilon-value").value = now.epsilon.toFixed(3);
  $("chi-value").value = now.chi.toFixed(2);
  $("mass-value").value = now.mass;
  $("count-value").value = now.count;
  $("file").textContent = text;
  $("alert").textContent = "";
  [run, frame, asked, last, shown, begun] = [run + 1, 0, true, undefined, [], performance.now()];
  worker.postMessage({ begin: text, run });
}

/** Dark to light, even to the eye: a cubic through five colours of the viridis kind. */
const STOPS = [[46, 8, 78], [58, 78, 140], [31, 142, 140], [94, 201, 98], [250, 231, 60]];
function colour(part) {
  const at = Math.min(Math.max(part, 0), 1) * (STOPS.length - 1), k = Math.min(Math.floor(at), STOPS.length - 2);
  return STOPS[k].map((low, c) => low + (at - k) * (STOPS[k + 1][c] - low));
}

/** A field whose second axis is fastest, y upwards. */
function map(canvas, field, largest, cells) {
  const context = canvas.getContext("2d"), size = 4 * GRID;
  if (canvas.width !== size) canvas.width = canvas.height = size;
  const image = new ImageData(GRID, GRID);
  for (let i = 0; i < GRID; i++) {
    for (let j = 0; j < GRID; j++) {
      image.data.set([...colour(field[i * GRID + j] / largest), 255], 4 * ((GRID - 1 - j) * GRID + i));
    }
  }
  map.small ??= new OffscreenCanvas(GRID, GRID);
  map.small.getContext("2d").putImageData(image, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(map.small, 0, 0, size, size);
  if (!cells) return;
  context.fillStyle = "rgba(255, 255, 255, 0.55)";
  for (let k = 0; k < cells.length; k += 2) {
    context.fillRect(size * (cells[k] + HALF) / (2 * HALF) - 0.5, size * (HALF - cells[k + 1]) / (2 * HALF) - 0.5, 1.2, 1.2);
  }
}

function profile(canvas, lines, largest) {
  const context = canvas.getContext("2d");
  [canvas.width, canvas.height] = [canvas.clientWidth * devicePixelRatio, canvas.clientHeight * devicePixelRatio];
  const style = getComputedStyle(document.documentElement);
  for (const [field, name] of lines) {
    if (!field) continue;
    context.beginPath();
    context.strokeStyle = style.getPropertyValue(name);
    context.lineWidth = 2 * devicePixelRatio;
    for (let i = 0; i < GRID; i++) {
      const x = (i + 0.5) / GRID * canvas.width;
      context.lineTo(x, canvas.height * (1 - 0.9 * field[i * GRID + GRID / 2] / largest));
    }
    context.stroke();
  }
}

function distance(density, limit) {
  if (!limit) return NaN;
  let [square, norm] = [0, 0];
  density.forEach((rho, i) => { square += (rho - limit[i]) ** 2; norm += limit[i] ** 2; });
  return Math.sqrt(square / norm);
}

function draw({ time, density, limit, signal, cells }) {
  const largest = (field) => field ? field.reduce((a, b) => Math.max(a, b), 1e-9) : 0;
  // The scale follows the largest value slowly, so that the eye can compare.
  const now = Math.max(largest(density), largest(limit));
  scale = frame === 0 ? now : Math.max(now, 0.98 * scale);
  scaleOfSignal = frame === 0 ? largest(signal) : Math.max(largest(signal), 0.98 * scaleOfSignal);
  map($("cells"), density, scale, cells);
  if (limit) map($("limit"), limit, scale);
  map($("signal"), signal, scaleOfSignal);
  profile($("profile"), [[density, "--cells"], [limit, "--limit"]], scale);
  const off = distance(density, limit);
  $("time").value = time.toFixed(2);
  $("distance").value = Number.isNaN(off) ? "–" : off.toFixed(3);
  shown = [...shown, performance.now()].slice(-40);
  const rate = shown.length > 1 ? 1000 * (shown.length - 1) / (shown.at(-1) - shown[0]) : 0;
  $("rate").value = rate.toFixed(0);
  const most = (field) => largest(field).toPrecision(3);
  $("cells").setAttribute("aria-label", `Density of the cells at t = ${time.toFixed(2)}: at most ${most(density)}`);
  if (limit) $("limit").setAttribute("aria-label", `Density of the limit at t = ${time.toFixed(2)}: at most ${most(limit)}`);
  $("signal").setAttribute("aria-label", `Signal at t = ${time.toFixed(2)}: at most ${most(signal)}`);
  $("profile").setAttribute("aria-label", `Density along y = 0: cells and limit differ by ${off.toFixed(3)} of it in all`);
  return { rate, off };
}

function next() {
  if (!playing || asked) return;
  asked = true;
  worker.postMessage({ run, frame: frame + 1 });
}

worker.onmessage = ({ data }) => {
  if (data.run !== run) return;
  asked = false;
  if (data.failed || data.ended) {
    if (data.failed) $("alert").textContent = data.failed;
    report({ failed: data.failed, ended: data.ended });
    return;
  }
  frame = data.frame;
  last = data;
  const { rate, off } = draw(data);
  if (frame === 60) {
    const cell = (2 * HALF / GRID) ** 2, sum = (field) => cell * field.reduce((a, b) => a + b, 0);
    report({
      rate, distance: off, time: data.time, wait: shown[0] - begun,
      mass: sum(data.density), limit: data.limit && sum(data.limit), cells: values().count,
    });
  }
  requestAnimationFrame(next);
};

/** For the test of this page: what was seen is sent to where it asks for. */
function report(found) {
  if (told) fetch(told, { method: "POST", body: JSON.stringify(found) });
}

for (const id of ["epsilon", "chi", "mass", "count"]) $(id).addEventListener("change", begin);
$("again").addEventListener("click", begin);
$("play").addEventListener("click", () => {
  playing = !playing;
  $("play").textContent = playing ? "Pause" : "Play";
  next();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => last && draw(last));
begin();
