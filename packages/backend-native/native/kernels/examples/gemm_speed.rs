//! GFLOP/s of the matrix product at the shapes of Vision Transformers: `cargo run --release --example gemm_speed [number of a shape]`.

use kernels::gemm::{Done, Matrix, MatrixMut, Precision, gemm};
use std::time::Instant;

fn main() {
    println!("{} threads, {}", kernels::threads::thread_count(), kernels::level::processor().name());
    println!("{:>6} {:>6} {:>6}  {:<22} {:>9} {:>9}", "m", "n", "k", "case", "float32", "bfloat16");
    let only = std::env::args().nth(1).and_then(|text| text.parse::<usize>().ok());
    for (index, (m, n, k, a_down, b_down)) in [
        (8320, 576, 192, false, true),
        (8320, 192, 192, false, true),
        (8320, 768, 192, false, true),
        (8320, 192, 768, false, true),
        (8320, 192, 768, false, false),
        (8320, 192, 576, false, false),
        (768, 192, 8320, true, false),
        (192, 768, 8320, true, false),
        (576, 192, 8320, true, false),
        (6304, 1536, 384, false, true),
        (6304, 384, 1536, false, true),
        (3152, 2048, 512, false, true),
        (512, 2048, 3152, true, false),
        (65, 65, 64, false, true),
    ]
    .into_iter()
    .enumerate()
    {
        if only.is_some_and(|only| only != index) {
            continue;
        }
        let (a, b, mut c) = (vec![0.5f32; m * k + 16], vec![0.25f32; k * n + 16], vec![0f32; m * n + 16]);
        // From a cache line on, as tensors are.
        let (a, b) = (&a[a.as_ptr().align_offset(64)..], &b[b.as_ptr().align_offset(64)..]);
        let start = c.as_ptr().align_offset(64);
        let c = &mut c[start..];
        let rate = |precision, c: &mut [f32]| {
            let repeats = (200_000_000 / (m * n * k)).max(1);
            let mut best = f64::INFINITY;
            for _ in 0..40 {
                let left = if a_down { Matrix::new(a, k, m, m).transposed() } else { Matrix::new(a, m, k, k) };
                let right = if b_down { Matrix::new(b, n, k, k).transposed() } else { Matrix::new(b, k, n, n) };
                let start = Instant::now();
                for _ in 0..repeats {
                    gemm(precision, left, right, &MatrixMut::new(c, m, n, n), false, &Done);
                }
                best = best.min(start.elapsed().as_secs_f64() / repeats as f64);
            }
            2.0 * (m * n * k) as f64 / best / 1e9
        };
        let case = format!("{} · {}", if a_down { "Aᵀ" } else { "A" }, if b_down { "Bᵀ" } else { "B" });
        let (float, half) = (rate(Precision::Float32, c), rate(Precision::Bfloat16, c));
        println!("{m:>6} {n:>6} {k:>6}  {case:<22} {float:>9.0} {half:>9.0}");
    }
}
