//! AdamW (Loshchilov and Hutter 2019) and the exponential moving average. Results are written past the caches: they are read a step later.

use crate::threads::{Parts, parallel, parallel_parts};

/// The step's constants. `first_correction` is 1 - beta1^t, `second_correction` is 1 - beta2^t.
#[derive(Clone, Copy)]
pub struct AdamW {
    pub learning_rate: f64,
    pub beta1: f64,
    pub beta2: f64,
    pub epsilon: f64,
    pub weight_decay: f64,
    pub first_correction: f64,
    pub second_correction: f64,
}

const PIECE: usize = 1 << 14;

crate::simd! {
    fn adamw_piece<S>(s, step: &AdamW, gradient: &[f32], old: [&[f32]; 3], new: [&mut [f32]; 3]) {
        let [parameter, first, second] = old;
        let [new_parameter, new_first, new_second] = new;
        let constant = |x: f64| x as f32;
        let (beta1, beta2) = (s.splat(constant(step.beta1)), s.splat(constant(step.beta2)));
        let (rest1, rest2) = (s.splat(constant(1.0 - step.beta1)), s.splat(constant(1.0 - step.beta2)));
        let decay = s.splat(constant(1.0 - step.learning_rate * step.weight_decay));
        let rate = s.splat(constant(-step.learning_rate / step.first_correction));
        let (scale, epsilon) = (s.splat(constant(1.0 / step.second_correction.sqrt())), s.splat(constant(step.epsilon)));
        for at in (0..gradient.len()).step_by(S::LANES) {
            let g = s.read(gradient, at);
            let m = s.fma(rest1, g, s.mul(beta1, s.read(first, at)));
            let v = s.fma(s.mul(rest2, g), g, s.mul(beta2, s.read(second, at)));
            let update = s.div(m, s.fma(s.sqrt(v), scale, epsilon));
            s.stream(new_first, at, m);
            s.stream(new_second, at, v);
            s.stream(new_parameter, at, s.fma(rate, update, s.mul(decay, s.read(parameter, at))));
        }
        s.fence();
    }
}

/// One step: parameter, first and second moment, old to new.
///
/// m = β₁m + (1-β₁)g, v = β₂v + (1-β₂)g², p = p(1 - η·decay) - η · (m / (1-β₁ᵗ)) / (√(v / (1-β₂ᵗ)) + ε), as torch.optim.AdamW.
pub fn adamw(step: &AdamW, gradient: &[f32], old: [&[f32]; 3], new: [&mut [f32]; 3]) {
    let length = gradient.len();
    assert!(old.iter().all(|x| x.len() == length) && new.iter().all(|x| x.len() == length), "AdamW: lengths");
    let parts = new.map(|x| Parts::new(x, PIECE));
    parallel(length.div_ceil(PIECE), |part| {
        let start = part * PIECE;
        let end = (start + PIECE).min(length);
        // SAFETY: every part is one job's.
        let new = [0, 1, 2].map(|which: usize| unsafe { parts[which].take(part) });
        adamw_piece(step, &gradient[start..end], old.map(|x| &x[start..end]), new);
    });
}

crate::simd! {
    fn average_piece<S>(s, momentum: f64, average: &[f32], x: &[f32], y: &mut [f32]) {
        let (momentum, rest) = (s.splat(momentum as f32), s.splat((1.0 - momentum) as f32));
        for at in (0..x.len()).step_by(S::LANES) {
            s.stream(y, at, s.fma(momentum, s.read(average, at), s.mul(rest, s.read(x, at))));
        }
        s.fence();
    }
}

/// y = momentum · average + (1 - momentum) · x.
pub fn moving_average(momentum: f64, average: &[f32], x: &[f32], y: &mut [f32]) {
    assert!(average.len() == x.len() && x.len() == y.len(), "moving average: lengths");
    parallel_parts(y, PIECE, |part, y| average_piece(momentum, &average[part * PIECE..][..y.len()], &x[part * PIECE..][..y.len()], y));
}
