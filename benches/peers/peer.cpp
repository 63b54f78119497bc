// The benchmark workloads W1 and W2 in plain C++17 with OpenMP, for comparison.
//
//     peer w1|w2 CELLS EPSILON SEED        threads: OMP_NUM_THREADS
//
// Prints one line of JSON.

#include <omp.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <complex>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>
#ifdef USE_FFTW
#include <fftw3.h>
#endif

constexpr double PI = 3.14159265358979323846;
constexpr double LOWER = -5.0, LENGTH = 10.0;
constexpr double END = 0.1, STEP = 0.001, MASS = 100.0, BANDWIDTH = 0.1, DECAY = 1.0;
constexpr int N = 256, HALF = N / 2 + 1;
constexpr double DX = LENGTH / N;

using Complex = std::complex<double>;

double now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

// xoshiro256++ (Blackman & Vigna), seeded by SplitMix64.
struct Random {
    uint64_t s[4];

    Random(uint64_t seed, uint64_t stream) {
        uint64_t z = seed * 0x9e3779b97f4a7c15 + stream * 0xd1b54a32d192ed03;
        for (auto &word : s) {
            uint64_t y = z += 0x9e3779b97f4a7c15;
            y = (y ^ (y >> 30)) * 0xbf58476d1ce4e5b9;
            y = (y ^ (y >> 27)) * 0x94d049bb133111eb;
            word = y ^ (y >> 31);
        }
    }

    static uint64_t rotl(uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }

    uint64_t next() {
        uint64_t result = rotl(s[0] + s[3], 23) + s[0], t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = rotl(s[3], 45);
        return result;
    }

    double uniform() { return (next() >> 11) * 0x1p-53; }             // [0, 1)
    double exponential() { return -std::log(1.0 - uniform()); }
    double normal() { return std::sqrt(2.0 * exponential()) * std::cos(2.0 * PI * uniform()); }
};

struct Vec {
    double x, y;
};

struct Cell {
    Vec x, v;
};

double wrap(double x) {
    if (x < LOWER || x >= LOWER + LENGTH) {
        x -= LENGTH * std::floor((x - LOWER) / LENGTH);
        if (x >= LOWER + LENGTH) x = LOWER;
    }
    return x;
}

Vec direction(Random &random) {
    double angle = 2.0 * PI * random.uniform();
    return {std::cos(angle), std::sin(angle)};
}

// Flies one cell for `rest`, tumbling at rate (1 - epsilon v.grad S)/epsilon^2, which is at most
// bound/epsilon^2. Returns the number of tumbles.
template <class Gradient>
uint64_t fly(Cell &cell, double rest, double epsilon, double bound, const Gradient &gradient,
             Random &random) {
    uint64_t tumbles = 0;
    for (;;) {
        double flight = epsilon * epsilon / bound * random.exponential();
        double length = std::min(flight, rest) / epsilon;
        cell.x.x = wrap(cell.x.x + length * cell.v.x);
        cell.x.y = wrap(cell.x.y + length * cell.v.y);
        if (flight >= rest) return tumbles;
        rest -= flight;
        Vec g = gradient(cell.x);
        double rate = 1.0 - epsilon * (cell.v.x * g.x + cell.v.y * g.y);
        if (random.uniform() * bound < rate) {
            cell.v = direction(random);
            ++tumbles;
        }
    }
}

template <class Gradient>
uint64_t fly_all(std::vector<Cell> &cells, double duration, double epsilon, double bound,
                 const Gradient &gradient, std::vector<Random> &randoms) {
    uint64_t tumbles = 0;
#pragma omp parallel reduction(+ : tumbles)
    {
        Random random = randoms[omp_get_thread_num()];  // a copy: no line shared between threads
#pragma omp for schedule(static)
        for (size_t i = 0; i < cells.size(); ++i)
            tumbles += fly(cells[i], duration, epsilon, bound, gradient, random);
        randoms[omp_get_thread_num()] = random;
    }
    return tumbles;
}

// Real transforms of the N x N grid, last axis halved; the inverse is not normalised.
#ifdef USE_FFTW
struct Transform {
    std::vector<double> real = std::vector<double>(N * N);
    std::vector<Complex> modes = std::vector<Complex>(N * HALF);
    fftw_complex *raw = reinterpret_cast<fftw_complex *>(modes.data());
    fftw_plan there = fftw_plan_dft_r2c_2d(N, N, real.data(), raw, FFTW_MEASURE);
    fftw_plan back = fftw_plan_dft_c2r_2d(N, N, raw, real.data(), FFTW_MEASURE);

    void forward() { fftw_execute(there); }
    void inverse() { fftw_execute(back); }
};
#else
struct Transform {
    std::vector<double> real = std::vector<double>(N * N);
    std::vector<Complex> modes = std::vector<Complex>(N * HALF);
    std::vector<Complex> work = std::vector<Complex>(N * N), roots = std::vector<Complex>(N / 2);

    Transform() {
        for (int i = 0; i < N / 2; ++i) roots[i] = std::polar(1.0, -2.0 * PI * i / N);
    }

    // Radix 2, in place.
    void line(Complex *z, bool conjugate) {
        for (int i = 1, j = 0; i < N; ++i) {
            int bit = N >> 1;
            for (; j & bit; bit >>= 1) j ^= bit;
            j ^= bit;
            if (i < j) std::swap(z[i], z[j]);
        }
        for (int size = 2; size <= N; size *= 2)
            for (int first = 0; first < N; first += size)
                for (int i = 0; i < size / 2; ++i) {
                    Complex w = roots[i * (N / size)], &a = z[first + i], &b = z[first + i + size / 2];
                    if (conjugate) w = std::conj(w);
                    Complex c(b.real() * w.real() - b.imag() * w.imag(),
                              b.real() * w.imag() + b.imag() * w.real());
                    b = a - c;
                    a += c;
                }
    }

    void both_axes(bool conjugate) {
        std::vector<Complex> column(N);
        for (int i = 0; i < N; ++i) line(&work[i * N], conjugate);
        for (int j = 0; j < N; ++j) {
            for (int i = 0; i < N; ++i) column[i] = work[i * N + j];
            line(column.data(), conjugate);
            for (int i = 0; i < N; ++i) work[i * N + j] = column[i];
        }
    }

    void forward() {
        for (int i = 0; i < N * N; ++i) work[i] = real[i];
        both_axes(false);
        for (int i = 0; i < N; ++i)
            for (int j = 0; j < HALF; ++j) modes[i * HALF + j] = work[i * N + j];
    }

    void inverse() {
        for (int i = 0; i < N; ++i)
            for (int j = 0; j < N; ++j)
                work[i * N + j] = j < HALF ? modes[i * HALF + j]
                                           : std::conj(modes[(N - i) % N * HALF + N - j]);
        both_axes(true);
        for (int i = 0; i < N * N; ++i) real[i] = work[i].real();
    }
};
#endif

double wave_number(int i) { return 2.0 * PI / LENGTH * (i <= N / 2 ? i : i - N); }

// The four nodes around a point, and their cloud-in-cell weights.
struct Stencil {
    int i00, i01, i10, i11;
    double w00, w01, w10, w11;

    explicit Stencil(Vec x) {
        double a = (x.x - LOWER) / DX, b = (x.y - LOWER) / DX;
        int i = int(a), j = int(b);
        a -= i;
        b -= j;
        // N is a power of two.
        int row = (i & (N - 1)) * N, next = ((i + 1) & (N - 1)) * N;
        int column = j & (N - 1), right = (j + 1) & (N - 1);
        i00 = row + column;
        i01 = row + right;
        i10 = next + column;
        i11 = next + right;
        w00 = (1 - a) * (1 - b);
        w01 = (1 - a) * b;
        w10 = a * (1 - b);
        w11 = a * b;
    }
};

// dS/dt = Lap S + rho - S in Fourier space.
struct Field {
    Transform fft;
    std::vector<Complex> signal = std::vector<Complex>(N * HALF);
    std::vector<double> decay = std::vector<double>(N * HALF), source = decay;
    std::vector<std::vector<double>> grids;
    std::vector<Vec> gradient = std::vector<Vec>(N * N);
    double steepest = 0.0;

    explicit Field(int threads) : grids(threads, std::vector<double>(N * N)) {
        for (int i = 0; i < N; ++i)
            for (int j = 0; j < HALF; ++j) {
                double k2 = std::pow(wave_number(i), 2) + std::pow(wave_number(j), 2);
                double q = k2 + DECAY;
                decay[i * HALF + j] = std::exp(-q * STEP);
                source[i * HALF + j] =
                    -std::expm1(-q * STEP) / q * std::exp(-0.5 * BANDWIDTH * BANDWIDTH * k2);
            }
    }

    void deposit(const std::vector<Cell> &cells) {
        double weight = MASS / cells.size() / (DX * DX);
#pragma omp parallel
        {
            double *grid = grids[omp_get_thread_num()].data();
            std::fill_n(grid, N * N, 0.0);
#pragma omp for schedule(static)
            for (size_t i = 0; i < cells.size(); ++i) {
                Stencil at(cells[i].x);
                grid[at.i00] += weight * at.w00;
                grid[at.i01] += weight * at.w01;
                grid[at.i10] += weight * at.w10;
                grid[at.i11] += weight * at.w11;
            }
#pragma omp for schedule(static)
            for (int i = 0; i < N * N; ++i) {
                double sum = 0.0;
                for (const auto &part : grids) sum += part[i];
                fft.real[i] = sum;
            }
        }
    }

    void advance() {
        fft.forward();
        for (int i = 0; i < N * HALF; ++i)
            signal[i] = decay[i] * signal[i] + source[i] * fft.modes[i];
        double scale = 1.0 / (N * N);
        for (int axis = 0; axis < 2; ++axis) {
            for (int i = 0; i < N; ++i)
                for (int j = 0; j < HALF; ++j) {
                    int mode = axis == 0 ? i : j;
                    double k = mode == N / 2 ? 0.0 : wave_number(mode);
                    fft.modes[i * HALF + j] = Complex(0.0, k * scale) * signal[i * HALF + j];
                }
            fft.inverse();
            for (int i = 0; i < N * N; ++i)
                (axis == 0 ? gradient[i].x : gradient[i].y) = fft.real[i];
        }
        // No value between the nodes is longer than the longest at a node.
        steepest = 0.0;
        for (Vec g : gradient) steepest = std::max(steepest, g.x * g.x + g.y * g.y);
        steepest = std::sqrt(steepest);
    }

    Vec operator()(Vec x) const {
        Stencil at(x);
        const Vec &a = gradient[at.i00], &b = gradient[at.i01];
        const Vec &c = gradient[at.i10], &d = gradient[at.i11];
        return {at.w00 * a.x + at.w01 * b.x + at.w10 * c.x + at.w11 * d.x,
                at.w00 * a.y + at.w01 * b.y + at.w10 * c.y + at.w11 * d.y};
    }
};

int main(int argc, char **argv) {
    if (argc != 5) {
        std::fprintf(stderr, "usage: peer w1|w2 CELLS EPSILON SEED\n");
        return 2;
    }
    bool coupled = std::string(argv[1]) == "w2";
    size_t count = std::strtoull(argv[2], nullptr, 10);
    double epsilon = std::atof(argv[3]);
    uint64_t seed = std::strtoull(argv[4], nullptr, 10);
    int threads = omp_get_max_threads();

    std::vector<Random> randoms;
    for (int t = 0; t < threads; ++t) randoms.emplace_back(seed, t);
    std::vector<Cell> cells(count);
#pragma omp parallel
    {
        Random &random = randoms[omp_get_thread_num()];
#pragma omp for schedule(static)
        for (size_t i = 0; i < count; ++i) {
            auto coordinate = [&] {
                return coupled ? wrap(random.normal()) : LOWER + LENGTH * random.uniform();
            };
            double x = coordinate(), y = coordinate();
            cells[i] = {{x, y}, direction(random)};
        }
    }

    uint64_t tumbles = 0, cell_steps = 0;
    double seconds = 0.0, deposit_seconds = 0.0, field_seconds = 0.0;
    if (coupled) {
        Field field(threads);
        int steps = int(std::lround(END / STEP));
        double start = now();
        for (int step = 0; step < steps; ++step) {
            double a = now();
            field.deposit(cells);
            double b = now();
            field.advance();
            field_seconds += now() - b;
            deposit_seconds += b - a;
            double bound = 1.0 + epsilon * field.steepest;
            tumbles += fly_all(cells, STEP, epsilon, bound, field, randoms);
            cell_steps += count;
        }
        seconds = now() - start;
    } else {
        double bound = 1.0 + epsilon * std::sqrt(2.0) * (LENGTH / 2);
        auto gradient = [](Vec x) { return Vec{-x.x, -x.y}; };
        double start = now();
        tumbles = fly_all(cells, END, epsilon, bound, gradient, randoms);
        seconds = now() - start;
        cell_steps = count;
    }

    double sum = 0.0, squares = 0.0;
    for (const Cell &cell : cells) {
        double r2 = cell.x.x * cell.x.x + cell.x.y * cell.x.y;
        sum += r2;
        squares += r2 * r2;
    }
    double mean = sum / count, error = std::sqrt((squares / count - mean * mean) / count);
    std::printf("{\"seconds\": %.6f, \"deposit_seconds\": %.6f, \"field_seconds\": %.6f, "
                "\"tumbles\": %llu, \"cell_steps\": %llu, \"check\": %.8f, \"check_error\": %.8f}\n",
                seconds, deposit_seconds, field_seconds, (unsigned long long)tumbles,
                (unsigned long long)cell_steps, mean, error);
}
