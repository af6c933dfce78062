//! Products against plain loops in float64.

use super::*;

/// Numbers in [-1, 1) that look random.
fn noise(count: usize, seed: u32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2_654_435_761).max(1);
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

/// The largest error of A · B, in units of the sum's own magnitude √k.
fn error(precision: Precision, (m, n, k): (usize, usize, usize), (a_down, b_down): (bool, bool), accumulate: bool) -> f64 {
    let (a, b, start) = (noise(m * k, 1), noise(k * n, 2), noise(m * n, 3));
    let left = if a_down { Matrix::new(&a, k, m, m).transposed() } else { Matrix::new(&a, m, k, k) };
    let right = if b_down { Matrix::new(&b, n, k, k).transposed() } else { Matrix::new(&b, k, n, n) };
    let mut c = start.clone();
    gemm(precision, left, right, &MatrixMut::new(&mut c, m, n, n), accumulate, &Done);
    let mut worst = 0f64;
    for i in 0..m {
        for j in 0..n {
            let mut sum = if accumulate { f64::from(start[i * n + j]) } else { 0.0 };
            for p in 0..k {
                let x = if a_down { a[p * m + i] } else { a[i * k + p] };
                let y = if b_down { b[j * k + p] } else { b[p * n + j] };
                sum += f64::from(x) * f64::from(y);
            }
            worst = worst.max((f64::from(c[i * n + j]) - sum).abs() / (k as f64).sqrt());
        }
    }
    worst
}

#[test]
fn all_shapes_and_transpositions_agree_with_loops() {
    for shape in [(1, 1, 1), (1, 33, 5), (12, 32, 7), (13, 31, 300), (65, 65, 64), (7, 100, 513), (130, 17, 33), (25, 64, 1), (5, 300, 700)]
    {
        for directions in [(false, false), (false, true), (true, false), (true, true)] {
            for accumulate in [false, true] {
                let float = error(Precision::Float32, shape, directions, accumulate);
                assert!(float < 1e-6, "{shape:?} {directions:?} {accumulate}: {float}");
                let half = error(Precision::Bfloat16, shape, directions, accumulate);
                assert!(half < 8e-3, "{shape:?} {directions:?} {accumulate}: {half}");
            }
        }
    }
}

#[test]
fn many_columns_and_a_long_sum_go_through_several_slabs() {
    assert!(error(Precision::Float32, (3, 5000, 300), (false, true), false) < 1e-6);
    assert!(error(Precision::Float32, (20, 700, 3000), (true, false), true) < 1e-6);
    assert!(error(Precision::Bfloat16, (20, 700, 6000), (true, false), true) < 8e-3);
}

#[test]
fn an_empty_sum_is_zero() {
    let mut c = [5.0; 6];
    gemm(Precision::Float32, Matrix::new(&[], 2, 0, 0), Matrix::new(&[], 0, 3, 3), &MatrixMut::new(&mut c, 2, 3, 3), false, &Done);
    assert_eq!(c, [0.0; 6]);
}
