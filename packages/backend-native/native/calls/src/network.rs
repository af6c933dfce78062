//! Normalisation, attention, softmax and the residual connection.

use crate::Entry;
use crate::source::Source;
use kernels::residual::{self, Branch};
use kernels::{attention, layer_norm, softmax};

pub const ENTRIES: [Entry; 4] = [layer_norm_rows, attend, softmax_rows, residual_branch];

fn layer_norm_rows(source: &mut Source<'_>) {
    let [rows, width] = source.sizes();
    let (x, scale) = (source.floats(&[rows, width]), source.floats(&[width]));
    if source.flag() {
        let (offset, mut y) = (source.floats(&[width]), source.room(&[rows, width]));
        layer_norm::layer_norm(&x, &scale, &offset, 1e-6, &mut y, &mut source.room(&[rows]), &mut source.room(&[rows]));
    } else {
        let (means, inverses, dy) = (source.floats(&[rows]), source.floats(&[rows]), source.floats(&[rows, width]));
        let inputs = layer_norm::Backward { x: &x, scale: &scale, means: &means, inverses: &inverses, dy: &dy };
        let mut dx = source.room(&[rows, width]);
        layer_norm::layer_norm_gradient(&inputs, &mut dx, &mut source.room(&[width]), &mut source.room(&[width]));
    }
}

fn attend(source: &mut Source<'_>) {
    let [batch, tokens, heads, depth] = source.sizes();
    let sizes = attention::Sizes { batch, tokens, heads, depth };
    let (precision, qkv) = (source.precision(), source.floats(&[batch, tokens, 3, heads, depth]));
    let (out, sums) = ([batch, tokens, heads, depth], [batch, tokens, heads]);
    if source.flag() {
        attention::attention(precision, sizes, 0.5, &qkv, &mut source.room(&out), &mut source.room(&sums));
    } else {
        let (y, log_sums, dy) = (source.floats(&out), source.floats(&sums), source.floats(&out));
        let inputs = attention::Backward { qkv: &qkv, out: &y, log_sums: &log_sums, d_out: &dy };
        attention::attention_gradient(precision, sizes, 0.5, &inputs, &mut source.room(&[batch, tokens, 3, heads, depth]));
    }
}

fn softmax_rows(source: &mut Source<'_>) {
    let [rows, width] = source.sizes();
    let (x, targets) = (source.floats(&[rows, width]), source.floats(&[rows, width]));
    let (mut y, mut loss, mut log_sums) = (source.room(&[rows, width]), source.room(&[rows]), source.room(&[rows]));
    match source.below(3) {
        0 => softmax::softmax(&x, width, &mut y),
        1 => softmax::log_softmax(&x, width, &mut y),
        2 => softmax::cross_entropy(&x, &targets, width, &mut loss, &mut log_sums),
        _ => softmax::cross_entropy_gradient(&x, &targets, width, &loss, &log_sums, &mut y),
    }
}

fn residual_branch(source: &mut Source<'_>) {
    let [samples, tokens, width] = source.sizes();
    let whole = [samples, tokens, width];
    let (values, scale, factors) = (source.floats(&whole), source.maybe_floats(&[width]), source.maybe_floats(&[samples]));
    let branch = Branch { values: &values, scale: scale.as_deref(), factors: factors.as_deref(), tokens, width };
    let (x, mut y) = (source.floats(&whole), source.room(&whole));
    if source.flag() {
        residual::scale_add(&x, branch, &mut y);
    } else {
        residual::scale_add_gradient(branch, &x, &mut y, source.maybe_room(&[width]).as_deref_mut());
    }
}
