//! Linear layers: product, bias and activation in one pass, forward and backward.

use crate::activation::{self, Activation, activate, closeness};
use crate::gemm::{Done, Finish, Matrix, MatrixMut, Precision, gemm};
use crate::product;
use crate::reduce::sum_rows;
use crate::simd::Simd;

/// The epilogue: adds the bias, keeps what comes before the activation, activates.
pub(crate) struct Epilogue<'a> {
    pub bias: Option<&'a [f32]>,
    pub activation: Activation,
    pub precision: Precision,
    /// Written past the caches: it is read in the backward pass.
    pub before: Option<MatrixMut<'a>>,
}

impl Finish for Epilogue<'_> {
    #[inline(always)]
    fn row<S: Simd>(&self, s: S, row: usize, column: usize, c: &mut [f32]) {
        if self.bias.is_none() && self.activation == Activation::Linear && self.before.is_none() {
            return;
        }
        for at in (0..c.len()).step_by(S::LANES) {
            let mut value = s.read(c, at);
            if let Some(bias) = self.bias {
                value = s.add(value, s.read(&bias[column..column + c.len()], at));
            }
            if let Some(before) = &self.before {
                // SAFETY: the product gives each element to one job, so this row's part is in no one else's hands.
                s.stream(unsafe { before.row(row, column, c.len()) }, at, value);
            }
            s.write(c, at, activate(s, self.activation, closeness(self.precision), value));
        }
    }
}

/// A linear layer: y = activation(x · Wᵀ + bias), x [rows, inputs], W [outputs, inputs].
pub struct Linear<'a> {
    pub x: &'a [f32],
    pub weight: &'a [f32],
    pub bias: Option<&'a [f32]>,
    pub inputs: usize,
    pub outputs: usize,
    pub activation: Activation,
    pub precision: Precision,
}

/// Rows of x and y, by y's length, or by that of x where y has no columns.
fn rows_of(x: usize, inputs: usize, y: usize, outputs: usize) -> usize {
    y.checked_div(outputs).or_else(|| x.checked_div(inputs)).unwrap_or(0)
}

/// Computes y; `before` receives x · Wᵀ + bias for the gradient.
pub fn linear(layer: &Linear<'_>, y: &mut [f32], before: Option<&mut [f32]>) {
    let &Linear { x, weight, bias, inputs, outputs, activation, precision } = layer;
    let rows = rows_of(x.len(), inputs, y.len(), outputs);
    assert!(
        x.len() == product(&[rows, inputs]) && weight.len() == product(&[outputs, inputs]) && y.len() == rows * outputs,
        "linear: lengths"
    );
    assert!(
        bias.is_none_or(|bias| bias.len() == outputs) && before.as_ref().is_none_or(|before| before.len() == y.len()),
        "linear: lengths"
    );
    let before = before.map(|before| MatrixMut::new(before, rows, outputs, outputs));
    let epilogue = Epilogue { bias, activation, precision, before };
    let weight = Matrix::new(weight, outputs, inputs, inputs).transposed();
    let x = Matrix::new(x, rows, inputs, inputs);
    gemm(precision, x, weight, &MatrixMut::new(y, rows, outputs, outputs), false, &epilogue);
}

/// What the gradient writes; dx may be left out.
pub struct Gradients<'a> {
    pub dx: Option<&'a mut [f32]>,
    pub d_weight: &'a mut [f32],
    pub d_bias: Option<&'a mut [f32]>,
}

/// The gradients of a layer from dy, `before` (needed unless the activation is linear) and `work`, memory as long as y (likewise).
pub fn linear_gradient(layer: &Linear<'_>, dy: &[f32], before: Option<&[f32]>, work: Option<&mut [f32]>, gradients: Gradients<'_>) {
    let &Linear { x, weight, inputs, outputs, activation, precision, .. } = layer;
    let rows = rows_of(x.len(), inputs, dy.len(), outputs);
    assert!(
        x.len() == product(&[rows, inputs]) && weight.len() == product(&[outputs, inputs]) && dy.len() == rows * outputs,
        "linear: lengths"
    );
    assert!(gradients.d_weight.len() == weight.len() && gradients.dx.as_ref().is_none_or(|dx| dx.len() == x.len()), "linear: lengths");
    assert!(gradients.d_bias.as_ref().is_none_or(|d_bias| d_bias.len() == outputs), "linear: length of the bias's gradient");
    let dy = match (activation, before, work) {
        (Activation::Linear, ..) => dy,
        (_, Some(before), Some(work)) => {
            activation::gradient(activation, precision, before, dy, work);
            work
        }
        _ => panic!("linear: an activation's gradient needs what came before it"),
    };
    let left = Matrix::new(dy, rows, outputs, outputs);
    if let Some(dx) = gradients.dx {
        let (weight, dx) = (Matrix::new(weight, outputs, inputs, inputs), MatrixMut::new(dx, rows, inputs, inputs));
        gemm(precision, left, weight, &dx, false, &Done);
    }
    let d_weight = MatrixMut::new(gradients.d_weight, outputs, inputs, inputs);
    let x = Matrix::new(x, rows, inputs, inputs);
    gemm(precision, left.transposed(), x, &d_weight, false, &Done);
    if let Some(d_bias) = gradients.d_bias {
        sum_rows(dy, d_bias);
    }
}

/// A product of tfjs: C = activation(A · B + bias) for each of a batch; operands with fewer matrices are reused.
pub struct Product<'a> {
    pub a: &'a [f32],
    pub b: &'a [f32],
    pub bias: Option<&'a [f32]>,
    /// Rows and columns of C, length of the sums.
    pub rows: usize,
    pub columns: usize,
    pub depth: usize,
    pub transpose_a: bool,
    pub transpose_b: bool,
    pub activation: Activation,
    pub precision: Precision,
}

/// One product for each pair of matrix numbers in `pairs`.
pub fn products(of: &Product<'_>, pairs: &[(usize, usize)], c: &mut [f32]) {
    let &Product { a, b, bias, rows, columns, depth, transpose_a, transpose_b, activation, precision } = of;
    assert_eq!(c.len(), product(&[pairs.len(), rows, columns]), "matrix product: length of the result");
    let (left_size, right_size) = (product(&[rows, depth]), product(&[depth, columns]));
    let fits = |index: usize, size: usize, length: usize| (index + 1).checked_mul(size).is_some_and(|end| end <= length);
    assert!(
        pairs.iter().all(|&(left, right)| fits(left, left_size, a.len()) && fits(right, right_size, b.len())),
        "matrix product: lengths of the operands"
    );
    assert!(bias.is_none_or(|bias| bias.len() == columns), "matrix product: length of the bias");
    let one = |index: usize, c: &mut [f32]| {
        let (left, right) = (&a[pairs[index].0 * left_size..][..left_size], &b[pairs[index].1 * right_size..][..right_size]);
        let left = if transpose_a { Matrix::new(left, depth, rows, rows).transposed() } else { Matrix::new(left, rows, depth, depth) };
        let right =
            if transpose_b { Matrix::new(right, columns, depth, depth).transposed() } else { Matrix::new(right, depth, columns, columns) };
        let epilogue = Epilogue { bias, activation, precision, before: None };
        gemm(precision, left, right, &MatrixMut::new(c, rows, columns, columns), false, &epilogue);
    };
    if c.is_empty() {
        return;
    }
    if pairs.len() > 1 && rows.saturating_mul(columns).saturating_mul(depth) < 1 << 24 {
        // Many small ones: each in one thread.
        crate::threads::parallel_parts(c, rows * columns, one);
    } else {
        c.chunks_exact_mut(rows * columns).enumerate().for_each(|(index, c)| one(index, c));
    }
}
