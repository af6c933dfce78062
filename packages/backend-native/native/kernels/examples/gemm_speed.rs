//! GFLOP/s of the matrix product at the shapes of Vision Transformers, with either side as it is or transposed.
//!
//! `cargo run --release --example gemm_speed -- [number of a shape] [--precision float32|bfloat16] [--json]`, or `--list` for the shapes as JSON.

use kernels::gemm::{Done, Matrix, MatrixMut, Precision, gemm};
use std::time::Instant;

/// m, n, k: ViT-Ti with 128 images of 65 tokens (forward, then weight gradients), ViT-S with 32 images of 197, MAE's decoder with 16 images of 197,
/// the scores of one attention head.
const SHAPES: [[usize; 3]; 13] = [
    [8320, 576, 192],
    [8320, 192, 192],
    [8320, 768, 192],
    [8320, 192, 768],
    [8320, 192, 576],
    [768, 192, 8320],
    [192, 768, 8320],
    [576, 192, 8320],
    [6304, 1536, 384],
    [6304, 384, 1536],
    [3152, 2048, 512],
    [512, 2048, 3152],
    [65, 65, 64],
];

/// Whether A and B are transposed, that is stored column by column, and the name.
const CASES: [(bool, bool, &str); 4] = [(false, false, "A·B"), (false, true, "A·Bᵀ"), (true, false, "Aᵀ·B"), (true, true, "Aᵀ·Bᵀ")];

/// The least time of this many counts.
const TIMES: usize = 20;

/// Values between -1 and 1 without a pattern, from a cache line on, as tensors are.
fn with_values<R>(length: usize, run: impl FnOnce(&mut [f32]) -> R) -> R {
    let mut memory = vec![0f32; length + 16];
    let start = memory.as_ptr().align_offset(64);
    let values = &mut memory[start..start + length];
    for (index, value) in values.iter_mut().enumerate() {
        *value = (index as u32).wrapping_mul(2_654_435_761) as i32 as f32 / 2f32.powi(31);
    }
    run(values)
}

fn rate(precision: Precision, [m, n, k]: [usize; 3], a_transposed: bool, b_transposed: bool) -> f64 {
    let repeats = (200_000_000 / (m * n * k)).max(1);
    let seconds = with_values(m * k, |a| {
        with_values(k * n, |b| {
            with_values(m * n, |c| {
                let left = if a_transposed { Matrix::new(a, k, m, m).transposed() } else { Matrix::new(a, m, k, k) };
                let right = if b_transposed { Matrix::new(b, n, k, k).transposed() } else { Matrix::new(b, k, n, n) };
                let time = |_| {
                    let start = Instant::now();
                    for _ in 0..repeats {
                        gemm(precision, left, right, &MatrixMut::new(c, m, n, n), false, &Done);
                    }
                    start.elapsed().as_secs_f64() / repeats as f64
                };
                (0..TIMES).map(time).fold(f64::INFINITY, f64::min)
            })
        })
    });
    2.0 * (m * n * k) as f64 / seconds / 1e9
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let says = |name: &str| arguments.iter().any(|argument| argument == name);
    if says("--list") {
        return println!("{SHAPES:?}");
    }
    let only = arguments.iter().find_map(|text| text.parse::<usize>().ok());
    let precisions = [("float32", Precision::Float32), ("bfloat16", Precision::Bfloat16)];
    let wanted = |name: &str| !says("--precision") || says(name);
    let (threads, instructions) = (kernels::threads::thread_count(), kernels::level::processor().name());
    let mut rows = Vec::new();
    if !says("--json") {
        println!("{threads} threads, {instructions}");
        println!("{:>6} {:>6} {:>6}  {:<6} {:<9} GFLOP/s", "m", "n", "k", "case", "precision");
    }
    for (_, shape) in SHAPES.into_iter().enumerate().filter(|(index, _)| only.is_none_or(|only| only == *index)) {
        let [m, n, k] = shape;
        for (a_transposed, b_transposed, case) in CASES {
            for (name, precision) in precisions.into_iter().filter(|(name, _)| wanted(name)) {
                let gflops = rate(precision, shape, a_transposed, b_transposed);
                rows.push(format!(r#"{{"m":{m},"n":{n},"k":{k},"case":"{case}","precision":"{name}","gflops":{gflops:.1}}}"#));
                if !says("--json") {
                    println!("{m:>6} {n:>6} {k:>6}  {case:<6} {name:<9} {gflops:>7.0}");
                }
            }
        }
    }
    if says("--json") {
        println!(r#"{{"engine":"native {instructions}","threads":{threads},"products":[{}]}}"#, rows.join(","));
    }
}
