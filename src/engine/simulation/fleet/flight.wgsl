// Cells of one population through a part of a field step: they fly, turn, and are deposited.
//
// An invocation is a cell, and its draws are a function of names (seed, replicate, population, cell, step, part,
// event). Masses and counts are sums of integers. So no bit depends on which cell runs where or when.
//
// A place along an axis is a u32 in units of 2^-32 of a range: the box if it is periodic, twice the box at walls (the
// even extension), four times the box in the whole space, of which the box is the second quarter. There are always
// three axes; those that the dimension lacks come first and have one node.

// Axes that the dimension lacks.
override SKIPPED: u32 = 0u;
// V: a sphere, or else what lies between two radii.
override SPHERE: bool = true;
// Whether T feels the gradient where the cell is, or else S ahead and behind.
override LOCAL: bool = true;
override SATURATES: bool = false;
// Invocations of a workgroup.
override LANES: u32 = 64u;

const PERIODIC = 0u;
const NO_FLUX = 1u;
const OPEN = 2u;

// The box of the whole space: the second quarter of the range.
const OPEN_LOW = 0x40000000u;
const OPEN_HIGH = 0x7fffffffu;

struct Step {
    // Names of draws: of seed, replicate and population; the field step, and its part.
    key: vec2<u32>,
    step: u32,
    part: u32,
    // Number of the first cell here; which are flown now; distance of components.
    first: u32,
    begin: u32,
    end: u32,
    capacity: u32,
    // Nodes in a range.
    nodes: vec3<u32>,
    // 1 if this part is the last of its step.
    last: u32,
    strides: vec3<u32>,
    // The node from which those in reach of node 0 begin.
    base: u32,
    boundary: vec3<u32>,
    deposits: u32,
    // The window in the whole space.
    low: vec3<u32>,
    spare_low: u32,
    high: vec3<u32>,
    spare_high: u32,
    // Units of place per velocity and tick.
    pace: vec3<f32>,
    // Ticks of a mean time between candidates.
    wait: f32,
    // Units of place per velocity, as far as a cell senses.
    ahead: vec3<f32>,
    saturation: f32,
    per_spacing: vec3<f32>,
    // T/F without a gradient, its answers, and what candidates are drawn by.
    rate: f32,
    gain: f32,
    loss: f32,
    bound: f32,
    floor: f32,
    // Speeds to the power of the dimension, from the least one on, and the largest.
    least: f32,
    range: f32,
    speed: f32,
    spare_speed: f32,
}

@group(0) @binding(0) var<uniform> now: Step;
@group(0) @binding(1) var<storage, read_write> places: array<u32>;
@group(0) @binding(2) var<storage, read_write> velocities: array<f32>;
// Coefficients of the spline of S, padded.
@group(0) @binding(3) var<storage, read> signal: array<f32>;
// Low and high word of the mass at every node of the padded grid, in units of 2^-28 cells.
@group(0) @binding(4) var<storage, read_write> masses: array<atomic<u32>>;
// Low and high word of every count, and then what else is told.
@group(0) @binding(5) var<storage, read_write> told: array<atomic<u32>>;

const CANDIDATES = 0u;
const TUMBLES = 1u;
const NEGATIVE = 2u;
const LOOKS = 3u;
const OUTSIDE = 4u;
// Cells at a place where one can be, with a finite velocity.
const SOUND = 5u;
const COUNTS = 6u;
// The largest T/F over the bound, as bits; the least number of a cell with a T/F above the bound, below the floor, below 0;
// and whether a cell is beyond what surrounds the window.
const STEEPEST = 12u;
const ABOVE = 13u;
const BELOW = 14u;
const NEGATIVE_CELL = 15u;
const LOST = 16u;

// Those of a workgroup, and the largest T/F over the bound.
var<workgroup> counted: array<atomic<u32>, 7>;

// ---- random numbers: Philox 4x32-10 (Salmon, Moraes, Dror & Shaw 2011)

fn high_product(a: u32, b: u32) -> u32 {
    let a0 = a & 0xffffu;
    let a1 = a >> 16u;
    let b0 = b & 0xffffu;
    let b1 = b >> 16u;
    let middle = a1 * b0 + ((a0 * b0) >> 16u);
    let other = a0 * b1 + (middle & 0xffffu);
    return a1 * b1 + (middle >> 16u) + (other >> 16u);
}

fn philox(counter: vec4<u32>, start: vec2<u32>) -> vec4<u32> {
    var c = counter;
    var key = start;
    for (var round = 0u; round < 10u; round++) {
        let high = vec2<u32>(high_product(0xD2511F53u, c.x), high_product(0xCD9E8D57u, c.z));
        let low = vec2<u32>(0xD2511F53u * c.x, 0xCD9E8D57u * c.z);
        c = vec4<u32>(high.y ^ c.y ^ key.x, low.y, high.x ^ c.w ^ key.y, low.x);
        key += vec2<u32>(0x9E3779B9u, 0xBB67AE85u);
    }
    return c;
}

// -ln u of u = (word + 1)/2^32. What WGSL promises of its own logarithm near 1 is an absolute error of 2^-21.
fn exponential(word: u32) -> f32 {
    let n = word + 1u;
    if n == 0u {
        return 0.0;
    }
    let zeros = countLeadingZeros(n);
    // u = (1 - y)/2^zeros, y in [0, 1/2], and -ln(1 - y) = 2 artanh(y/(2 - y)).
    let y = f32(0u - (n << zeros)) * 0x1p-32f;
    let z = y / (2.0 - y);
    let q = z * z;
    let series = 1.0 + q * (1.0 / 3.0 + q * (0.2 + q * (1.0 / 7.0
        + q * (1.0 / 9.0 + q * (1.0 / 11.0 + q * (1.0 / 13.0))))));
    return f32(zeros) * 0.69314718 + 2.0 * z * series;
}

// A point of the unit circle at the angle word/2^32 of a turn; of its own functions WGSL promises 2^-11.
fn on_circle(word: u32) -> vec2<f32> {
    let turned = word + 0x20000000u;
    let angle = f32(bitcast<i32>(turned & 0x3fffffffu) - 0x20000000) * 1.4629180793e-9;
    let q = angle * angle;
    let sine = angle * (1.0 + q * (-1.0 / 6.0 + q * (1.0 / 120.0 + q * (-1.0 / 5040.0
        + q * (1.0 / 362880.0)))));
    let cosine = 1.0 + q * (-0.5 + q * (1.0 / 24.0 + q * (-1.0 / 720.0 + q * (1.0 / 40320.0))));
    switch turned >> 30u {
        case 0u: { return vec2<f32>(cosine, sine); }
        case 1u: { return vec2<f32>(-sine, cosine); }
        case 2u: { return vec2<f32>(-cosine, -sine); }
        default: { return vec2<f32>(sine, -cosine); }
    }
}

fn share(word: u32) -> f32 {
    return (f32(word) + 0.5) * 0x1p-32f;
}

// The speed below which lies the share u of V.
fn speed_at(u: f32) -> f32 {
    let power = now.least + u * now.range;
    if SKIPPED == 2u {
        return power;
    }
    if SKIPPED == 1u {
        return sqrt(power);
    }
    // Of pow alone WGSL promises little: a step of Newton's method.
    let root = max(pow(power, 1.0 / 3.0), 1e-12);
    return root - (root * root * root - power) / (3.0 * root * root);
}

// A velocity from F = 1/mu.
fn turned(names: vec4<u32>, words: vec2<u32>) -> vec3<f32> {
    var direction: vec3<f32>;
    var speed = now.speed;
    if SKIPPED == 2u {
        direction = vec3<f32>(0.0, 0.0, select(-1.0, 1.0, (words.x >> 31u) == 1u));
        if !SPHERE {
            speed = speed_at(share(words.y));
        }
    } else if SKIPPED == 1u {
        direction = vec3<f32>(0.0, on_circle(words.x));
        if !SPHERE {
            speed = speed_at(share(words.y));
        }
    } else {
        // Heights are uniform on a sphere (Archimedes).
        let u = share(words.y);
        let across = 2.0 * sqrt(max(u * (1.0 - u), 0.0));
        direction = vec3<f32>(across * on_circle(words.x), 1.0 - 2.0 * u);
        if !SPHERE {
            let more = philox(vec4<u32>(names.xyz, names.w | 0x80000000u), now.key);
            speed = speed_at(share(more.x));
        }
    }
    return speed * direction;
}

// ---- places

// `y` units on from `place`, around periodic faces.
fn moved(place: vec3<u32>, y: vec3<f32>) -> vec3<u32> {
    let around = y - round(y * 0x1p-32f) * 0x1p32f;
    return place + bitcast<vec3<u32>>(vec3<i32>(round(around)));
}

// Whether `y` units on from `place` is beyond the range of an axis of the whole space.
fn is_beyond(place: vec3<u32>, y: vec3<f32>) -> bool {
    let to = vec3<f32>(place) + y;
    let out = (to < vec3<f32>(0.0)) | (to >= vec3<f32>(0x1p32f));
    return any(out & (now.boundary == vec3<u32>(OPEN)));
}

// Where a place is beyond a wall.
fn is_mirrored(place: vec3<u32>) -> vec3<bool> {
    return (now.boundary == vec3<u32>(NO_FLUX)) & (place >= vec3<u32>(0x80000000u));
}

struct Stencil {
    base: u32,
    // Distance from the middle node, in [-1/2, 1/2] grid cells.
    t: vec3<f32>,
}

fn stencil(at: vec3<u32>) -> Stencil {
    // Beyond the box of the whole space S is that of the nearest point.
    let inside = clamp(at, vec3<u32>(OPEN_LOW), vec3<u32>(OPEN_HIGH));
    let place = select(at, inside, now.boundary == vec3<u32>(OPEN));
    // place * nodes in two words: the whole grid cells, and the rest. There are less than 2^16 nodes.
    let upper = (place >> vec3<u32>(16u)) * now.nodes;
    let lower = (place & vec3<u32>(0xffffu)) * now.nodes;
    let whole = (upper + (lower >> vec3<u32>(16u))) >> vec3<u32>(16u);
    let rest = place * now.nodes;
    // At walls nodes stand in the middle of grid cells, elsewhere at their ends.
    let walled = now.boundary == vec3<u32>(NO_FLUX);
    let node = select(whole + (rest >> vec3<u32>(31u)), whole, walled);
    let off = bitcast<vec3<i32>>(select(rest, rest ^ vec3<u32>(0x80000000u), walled));
    let before = node * now.strides;
    return Stencil(now.base + before.x + before.y + before.z, vec3<f32>(off) * 0x1p-32f);
}

fn weights(t: f32) -> vec3<f32> {
    return vec3<f32>(0.5 * (0.5 - t) * (0.5 - t), 0.75 - t * t, 0.5 * (0.5 + t) * (0.5 + t));
}

fn slopes(t: f32) -> vec3<f32> {
    return vec3<f32>(t - 0.5, -2.0 * t, t + 0.5);
}

// Of an axis that there is not.
const ALONE = vec3<f32>(1.0, 0.0, 0.0);

// Nodes in reach along the first and the second axis.
fn reaches() -> vec2<u32> {
    return vec2<u32>(select(1u, 3u, SKIPPED < 1u), select(1u, 3u, SKIPPED < 2u));
}

fn line(base: u32, i: u32, j: u32) -> u32 {
    return base + i * now.strides.x + j * now.strides.y;
}

fn middle(base: u32) -> u32 {
    let reach = reaches();
    return line(base, reach.x / 2u, reach.y / 2u) + 1u;
}

fn along(axis: u32, t: f32) -> vec3<f32> {
    return select(ALONE, weights(t), axis >= SKIPPED);
}

// S at a place, less `origin`, which is near to it: f32 then has the digits of the difference.
fn value(place: vec3<u32>, origin: f32) -> f32 {
    let s = stencil(select(place, ~place, is_mirrored(place)));
    let x = along(0u, s.t.x);
    let y = along(1u, s.t.y);
    let z = weights(s.t.z);
    let reach = reaches();
    var sum = 0.0;
    for (var i = 0u; i < reach.x; i++) {
        for (var j = 0u; j < reach.y; j++) {
            let first = line(s.base, i, j);
            let c = vec3<f32>(signal[first], signal[first + 1u], signal[first + 2u]) - origin;
            sum += x[i] * y[j] * dot(c, z);
        }
    }
    return sum;
}

fn gradient(place: vec3<u32>) -> vec3<f32> {
    let s = stencil(place);
    let x = along(0u, s.t.x);
    let y = along(1u, s.t.y);
    let z = weights(s.t.z);
    let dx = slopes(s.t.x);
    let dy = slopes(s.t.y);
    let dz = slopes(s.t.z);
    let origin = signal[middle(s.base)];
    let reach = reaches();
    var sum = vec3<f32>(0.0);
    for (var i = 0u; i < reach.x; i++) {
        for (var j = 0u; j < reach.y; j++) {
            let first = line(s.base, i, j);
            let c = vec3<f32>(signal[first], signal[first + 1u], signal[first + 2u]) - origin;
            let across = dot(c, z);
            sum += vec3<f32>(dx[i] * y[j] * across, x[i] * dy[j] * across, x[i] * y[j] * dot(c, dz));
        }
    }
    // Along axes that there are not velocities are 0.
    return sum * now.per_spacing;
}

// ---- turning

fn sensed(y: f32) -> f32 {
    if SATURATES {
        let z = now.saturation * y;
        return z / sqrt(1.0 + z * z);
    }
    return y;
}

// T/F of a turn from w to v.
fn relative_rate(place: vec3<u32>, v: vec3<f32>, w: vec3<f32>) -> f32 {
    if LOCAL {
        let g = gradient(place);
        return now.rate + now.gain * sensed(dot(v, g)) + now.loss * sensed(dot(w, g));
    }
    let origin = signal[middle(stencil(place).base)];
    let here = value(place, origin);
    let up = value(moved(place, v * now.ahead), origin) - here;
    let down = here - value(moved(place, -w * now.ahead), origin);
    return now.rate + now.gain * sensed(up) + now.loss * sensed(down);
}

// ---- deposit

// Adds to a number of two words: whoever makes the low word pass 2^32 carries one.
fn add(node: u32, amount: u32) {
    let before = atomicAdd(&masses[2u * node], amount);
    if before > 0xffffffffu - amount {
        atomicAdd(&masses[2u * node + 1u], 1u);
    }
}

// A cell is 2^28 units, whatever the weights of its nodes are rounded to: the middle one, the largest, takes the rest.
fn deposit(place: vec3<u32>) {
    let s = stencil(place);
    let x = along(0u, s.t.x);
    let y = along(1u, s.t.y);
    let z = weights(s.t.z) * 0x1p28f;
    let centre = middle(s.base);
    let reach = reaches();
    var rest = 0x10000000u;
    for (var i = 0u; i < reach.x; i++) {
        for (var j = 0u; j < reach.y; j++) {
            let first = line(s.base, i, j);
            let amounts = vec3<u32>(round(x[i] * y[j] * z));
            for (var k = 0u; k < 3u; k++) {
                if first + k != centre {
                    rest -= amounts[k];
                    add(first + k, amounts[k]);
                }
            }
        }
    }
    add(centre, rest);
}

// ---- flights

fn fly(i: u32) {
    var place = vec3<u32>(0u);
    var v = vec3<f32>(0.0);
    for (var a = SKIPPED; a < 3u; a++) {
        place[a] = places[(a - SKIPPED) * now.capacity + i];
        v[a] = velocities[(a - SKIPPED) * now.capacity + i];
    }
    let cell = now.first + i;
    var left = 0xffffffffu;
    var names = vec4<u32>(cell, 0u, now.step, now.part);
    var candidates = 0u;
    var tumbles = 0u;
    var negative = 0u;
    var looks = 0u;
    var steepest = 0.0;
    var lost = false;
    loop {
        let words = philox(names, now.key);
        names.y += 1u;
        let wait = exponential(words.x) * now.wait;
        let ends = wait >= f32(left);
        var time = left;
        if !ends {
            time = min(u32(wait + 0.5), left);
        }
        left -= time;
        let y = v * (f32(time) * now.pace);
        lost |= is_beyond(place, y);
        place = moved(place, y);
        let mirrored = is_mirrored(place);
        place = select(place, ~place, mirrored);
        v = select(v, -v, mirrored);
        if ends || lost {
            break;
        }
        candidates += 1u;
        let level = share(words.y) * now.bound;
        let fresh = turned(names, words.zw);
        var turns = level < now.floor;
        if !turns {
            let rate = relative_rate(place, fresh, v);
            looks += 1u;
            steepest = max(steepest, rate / now.bound);
            turns = level < rate;
            if rate < 0.0 {
                negative += 1u;
                atomicMin(&told[NEGATIVE_CELL], cell);
            }
            if !(rate <= now.bound) {
                atomicMin(&told[ABOVE], cell);
            }
            if rate < now.floor {
                atomicMin(&told[BELOW], cell);
            }
        }
        if turns {
            v = fresh;
            tumbles += 1u;
        }
    }
    for (var a = SKIPPED; a < 3u; a++) {
        places[(a - SKIPPED) * now.capacity + i] = place[a];
        velocities[(a - SKIPPED) * now.capacity + i] = v[a];
    }
    if now.last == 1u {
        let open = now.boundary == vec3<u32>(OPEN);
        lost |= any(open & ((place < vec3<u32>(OPEN_LOW)) | (place > vec3<u32>(OPEN_HIGH))));
        if any(open & ((place < now.low) | (place >= now.high))) {
            atomicAdd(&counted[OUTSIDE], 1u);
        }
        let finite = (bitcast<vec3<u32>>(v) & vec3<u32>(0x7f800000u)) != vec3<u32>(0x7f800000u);
        if all(finite) && !any(is_mirrored(place)) {
            atomicAdd(&counted[SOUND], 1u);
        }
        if now.deposits == 1u && !lost {
            deposit(place);
        }
    }
    if lost {
        atomicMax(&told[LOST], 1u);
    }
    atomicAdd(&counted[CANDIDATES], candidates);
    atomicAdd(&counted[TUMBLES], tumbles);
    atomicAdd(&counted[NEGATIVE], negative);
    atomicAdd(&counted[LOOKS], looks);
    atomicMax(&counted[COUNTS], bitcast<u32>(steepest));
}

@compute @workgroup_size(LANES)
fn advance(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let i = now.begin + group.x * LANES + lane;
    if i < now.end {
        fly(i);
    }
    workgroupBarrier();
    if lane < COUNTS {
        let amount = atomicLoad(&counted[lane]);
        let before = atomicAdd(&told[2u * lane], amount);
        if before > 0xffffffffu - amount {
            atomicAdd(&told[2u * lane + 1u], 1u);
        }
    }
    if lane == COUNTS {
        atomicMax(&told[STEEPEST], atomicLoad(&counted[COUNTS]));
    }
}

// What is drawn from, as bits: for tests.
@compute @workgroup_size(LANES)
fn draw(@builtin(global_invocation_id) id: vec3<u32>) {
    let i = now.begin + id.x;
    if i < now.end {
        let names = vec4<u32>(now.first + i, 0u, now.step, now.part);
        let words = philox(names, now.key);
        let v = turned(names, words.zw);
        for (var a = 0u; a < 4u; a++) {
            places[a * now.capacity + i] = words[a];
        }
        velocities[i] = exponential(words.x);
        for (var a = 0u; a < 3u; a++) {
            velocities[(a + 1u) * now.capacity + i] = v[a];
        }
    }
}
