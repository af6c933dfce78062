//! Time of attention, forward and backward: `cargo run --release --example attention_speed`.

use kernels::attention::{Backward, Sizes, attention, attention_gradient};
use kernels::gemm::Precision;
use std::time::Instant;

fn main() {
    for (batch, tokens, heads, depth) in [(128, 65, 3, 64), (16, 197, 16, 32), (32, 197, 6, 64), (96, 17, 3, 64)] {
        let sizes = Sizes { batch, tokens, heads, depth };
        let (count, scale) = (batch * tokens * heads * depth, 1.0 / (depth as f32).sqrt());
        let qkv: Vec<f32> = (0..3 * count).map(|index| (index * 7919 % 1009) as f32 / 504.0 - 1.0).collect();
        let (mut out, mut log_sums, mut d_qkv) = (vec![0.0; count], vec![0.0; batch * heads * tokens], vec![0.0; 3 * count]);
        let best = |run: &mut dyn FnMut()| {
            (0..60)
                .map(|_| {
                    let start = Instant::now();
                    run();
                    start.elapsed().as_secs_f64() * 1e3
                })
                .fold(f64::INFINITY, f64::min)
        };
        let forward = best(&mut || attention(Precision::Float32, sizes, scale, &qkv, &mut out, &mut log_sums));
        let inputs = Backward { qkv: &qkv, out: &out, log_sums: &log_sums, d_out: &out };
        let backward = best(&mut || attention_gradient(Precision::Float32, sizes, scale, &inputs, &mut d_qkv));
        let product = (2 * batch * heads * tokens * tokens * depth) as f64 / 1e6;
        println!(
            "[{batch}, {tokens}, {heads}, {depth}]  forward {forward:.2} ms, {:.0} GFLOP/s; backward {backward:.2} ms, {:.0} GFLOP/s",
            2.0 * product / forward,
            5.0 * product / backward
        );
    }
}
