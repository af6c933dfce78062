//! Calls one kernel of the crate with sizes and slices of the bytes' choice. A kernel may refuse them by a check's panic, which the
//! binding makes a JavaScript error; it may not touch memory that is not its own (AddressSanitizer looks), and a panic that no check
//! speaks (an index, an overflow, a division) is a finding too: a check is missing.

#![no_main]

mod source;

use arbitrary::Unstructured;
use kernels::activation::{self, Activation};
use kernels::elementwise::{self, Binary, Broadcast, Comparison, Unary};
use kernels::gather::{self, Sizes};
use kernels::gemm::Precision;
use kernels::linear::{self, Gradients, Linear, Product};
use kernels::optimizer::{self, AdamW};
use kernels::reduce::{self, Reduction};
use kernels::residual::{self, Branch};
use kernels::strided::{self, Axis};
use kernels::{attention, layer_norm, softmax};
use libfuzzer_sys::fuzz_target;
use source::Source;
use std::panic::{catch_unwind, set_hook};
use std::sync::Mutex;

/// Where the last panic came from.
static LAST: Mutex<String> = Mutex::new(String::new());

/// What panics say that are no check's.
const UNCHECKED: [&str; 6] = ["attempt to", "index out of bounds", "range ", "out of range", "mid > len", "must be non-zero"];

fuzz_target!(
    init: set_hook(Box::new(|panic| *LAST.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = panic.to_string())),
    |bytes: &[u8]| {
        if catch_unwind(|| call(&mut Source(Unstructured::new(bytes)))).is_err() {
            let message = LAST.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone();
            if UNCHECKED.iter().any(|text| message.contains(text)) {
                eprintln!("a check is missing: {message}");
                std::process::abort();
            }
        }
    }
);

type Entry = fn(&mut Source<'_>);

fn call(source: &mut Source<'_>) {
    const ENTRIES: [Entry; 18] = [
        map,
        combine,
        activate,
        copy,
        copy,
        reduction,
        gather_rows,
        scatter_rows,
        segments,
        products,
        products,
        linear_layer,
        linear_layer,
        layer_norm_rows,
        attend,
        softmax_rows,
        residual_branch,
        optimize,
    ];
    source.pick(&ENTRIES)(source);
}

fn precision(source: &mut Source<'_>) -> Precision {
    source.pick(&[Precision::Float32, Precision::Bfloat16])
}

fn activation(source: &mut Source<'_>) -> Activation {
    source.pick(&[Activation::Linear, Activation::Relu, Activation::Gelu])
}

fn map(source: &mut Source<'_>) {
    use Unary::*;
    let operation = source.pick(&[
        Abs, Exp, Log, Sqrt, Rsqrt, Square, Neg, Erf, Tanh, Sigmoid, Relu, Relu6, Sign, Reciprocal, Step, LeakyRelu, Log1p, Expm1, Softplus,
    ]);
    let size = source.size();
    let (x, mut y) = (source.floats(&[size]), source.room(&[size]));
    elementwise::map(operation, 0.5, &x, &mut y);
}

fn combine(source: &mut Source<'_>) {
    let rank = source.below(4);
    let shape: Vec<usize> = (0..rank).map(|_| source.size()).collect();
    // Strides of a whole operand in which some axes are repeated; now and then any.
    let mut operand = || {
        let mut strides = vec![0; rank];
        let mut length = 1usize;
        for axis in (0..rank).rev() {
            if source.below(3) > 0 {
                strides[axis] = if source.below(31) == 0 { source.size() } else { length };
                length = length.saturating_mul(shape[axis]);
            }
        }
        (strides, source.floats(&[length]))
    };
    let ((a_strides, a), (b_strides, b)) = (operand(), operand());
    let layout = Broadcast { shape: &shape, a: &a_strides, b: &b_strides };
    if source.flag() {
        use Binary::*;
        let operation = source.pick(&[Add, Sub, Multiply, Divide, Maximum, Minimum, SquaredDifference]);
        let mut y = source.room(&shape);
        elementwise::combine(operation, &layout, &a, &b, &mut y);
    } else {
        use Comparison::*;
        let comparison = source.pick(&[Equal, NotEqual, Greater, GreaterEqual, Less, LessEqual]);
        let mut y = source.bytes(&shape);
        elementwise::test(comparison, &layout, &a, &b, &mut y);
    }
}

fn activate(source: &mut Source<'_>) {
    let (activation, precision, size) = (activation(source), precision(source), source.size());
    let (x, mut y) = (source.floats(&[size]), source.room(&[size]));
    if source.flag() {
        activation::forward(activation, precision, &x, &mut y);
    } else {
        activation::gradient(activation, precision, &x, &source.floats(&[size]), &mut y);
    }
}

fn copy(source: &mut Source<'_>) {
    let rank = source.below(5);
    let sizes: Vec<usize> = (0..rank).map(|_| source.size()).collect();
    // The target lies row by row; the source has the same axes in another order, repeated or backwards; now and then anything.
    let mut axes: Vec<Axis> = sizes.iter().map(|&size| Axis { size, source: 0, target: 0 }).collect();
    let (mut from, mut to, mut offset) = (1usize, 1usize, 0usize);
    for axis in axes.iter_mut().rev() {
        axis.target = if source.below(31) == 0 { source.size() } else { to };
        to = to.saturating_mul(axis.size);
    }
    let start = source.below(rank.saturating_sub(1));
    for position in 0..rank {
        let axis = &mut axes[(start + position) % rank];
        let stride = if source.below(31) == 0 { source.size() } else { from };
        match source.below(7) {
            0 => {}
            1 => {
                axis.source = -(stride as isize);
                offset = offset.saturating_add(axis.size.saturating_sub(1).saturating_mul(stride));
                from = from.saturating_mul(axis.size);
            }
            _ => {
                axis.source = stride as isize;
                from = from.saturating_mul(axis.size);
            }
        }
    }
    let target_offset = source.below(3);
    if source.flag() {
        let (x, mut y) = (source.floats(&[from]), source.room(&[to.saturating_add(target_offset)]));
        strided::copy(&axes, &x, offset, &mut y, target_offset);
    } else {
        let (x, mut y) = (source.bytes(&[from]), source.bytes(&[to.saturating_add(target_offset)]));
        strided::copy(&axes, &x, offset, &mut y, target_offset);
    }
}

fn reduction(source: &mut Source<'_>) {
    let reduction = source.pick(&[Reduction::Sum, Reduction::Mean, Reduction::Max, Reduction::Min, Reduction::Prod]);
    let [outer, count, inner] = source.sizes();
    let inner = if source.flag() { 1 } else { inner };
    let (x, mut y) = (source.floats(&[outer, count, inner]), source.room(&[outer, inner]));
    reduce::reduce(reduction, &x, count, inner, &mut y);
}

fn gather_rows(source: &mut Source<'_>) {
    let [batch, outer, rows, count, inner] = source.sizes();
    let (x, indices) = (source.floats(&[batch, outer, rows, inner]), source.indices(&[batch, count], rows));
    gather::gather(&x, &indices, Sizes { batch, outer, rows, count, inner }, &mut source.room(&[batch, outer, count, inner]));
}

fn scatter_rows(source: &mut Source<'_>) {
    let [batch, rows, count, inner] = source.sizes();
    let (dy, indices) = (source.floats(&[batch, count, inner]), source.indices(&[batch, count], rows));
    gather::scatter_add(&dy, &indices, Sizes { batch, outer: 1, rows, count, inner }, &mut source.room(&[batch, rows, inner]));
}

fn segments(source: &mut Source<'_>) {
    let [count, inner, segments] = source.sizes();
    let (x, ids) = (source.floats(&[count, inner]), source.indices(&[count], segments));
    gather::segment_sum(&x, &ids, inner, &mut source.room(&[segments, inner]));
}

fn products(source: &mut Source<'_>) {
    let [rows, columns, depth] = source.sizes();
    let (left, right) = (1 + source.below(3), 1 + source.below(3));
    let pairs: Vec<(usize, usize)> = (0..source.below(4)).map(|_| (source.below(left), source.below(right))).collect();
    let (a, b, bias) =
        (source.floats(&[left + 1, rows, depth]), source.floats(&[right + 1, depth, columns]), source.maybe_floats(&[columns]));
    let of = Product {
        a: &a,
        b: &b,
        bias: bias.as_deref(),
        rows,
        columns,
        depth,
        transpose_a: source.flag(),
        transpose_b: source.flag(),
        activation: activation(source),
        precision: precision(source),
    };
    linear::products(&of, &pairs, &mut source.room(&[pairs.len(), rows, columns]));
}

fn linear_layer(source: &mut Source<'_>) {
    let [rows, inputs, outputs] = source.sizes();
    let (x, weight, bias) = (source.floats(&[rows, inputs]), source.floats(&[outputs, inputs]), source.maybe_floats(&[outputs]));
    let layer = Linear {
        x: &x,
        weight: &weight,
        bias: bias.as_deref(),
        inputs,
        outputs,
        input_activation: activation(source),
        activation: activation(source),
        precision: precision(source),
    };
    if source.flag() {
        let (mut y, mut before) = (source.room(&[rows, outputs]), source.maybe_room(&[rows, outputs]));
        linear::linear(&layer, &mut y, before.as_deref_mut());
    } else {
        let (dy, before, mut work) =
            (source.floats(&[rows, outputs]), source.maybe_floats(&[rows, outputs]), source.maybe_room(&[rows, outputs]));
        let (mut dx, mut d_weight, mut d_bias) =
            (source.maybe_room(&[rows, inputs]), source.room(&[outputs, inputs]), source.maybe_room(&[outputs]));
        let gradients = Gradients { dx: dx.as_deref_mut(), d_weight: &mut d_weight, d_bias: d_bias.as_deref_mut() };
        linear::linear_gradient(&layer, &dy, before.as_deref(), work.as_deref_mut(), gradients);
    }
}

fn layer_norm_rows(source: &mut Source<'_>) {
    let [rows, width] = source.sizes();
    let (x, scale) = (source.floats(&[rows, width]), source.floats(&[width]));
    if source.flag() {
        let (offset, mut y) = (source.floats(&[width]), source.room(&[rows, width]));
        let (mut means, mut inverses) = (source.room(&[rows]), source.room(&[rows]));
        layer_norm::layer_norm(&x, &scale, &offset, 1e-6, &mut y, &mut means, &mut inverses);
    } else {
        let (means, inverses, dy) = (source.floats(&[rows]), source.floats(&[rows]), source.floats(&[rows, width]));
        let inputs = layer_norm::Backward { x: &x, scale: &scale, means: &means, inverses: &inverses, dy: &dy };
        let (mut dx, mut d_scale, mut d_offset) = (source.room(&[rows, width]), source.room(&[width]), source.room(&[width]));
        layer_norm::layer_norm_gradient(&inputs, &mut dx, &mut d_scale, &mut d_offset);
    }
}

fn attend(source: &mut Source<'_>) {
    let [batch, tokens, heads, depth] = source.sizes();
    let sizes = attention::Sizes { batch, tokens, heads, depth };
    let (precision, qkv) = (precision(source), source.floats(&[batch, tokens, 3, heads, depth]));
    let out = [batch, tokens, heads, depth];
    if source.flag() {
        let (mut y, mut log_sums) = (source.room(&out), source.room(&[batch, tokens, heads]));
        attention::attention(precision, sizes, 0.5, &qkv, &mut y, &mut log_sums);
    } else {
        let (y, log_sums, dy) = (source.floats(&out), source.floats(&[batch, tokens, heads]), source.floats(&out));
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

fn optimize(source: &mut Source<'_>) {
    let size = source.size();
    let [parameter, gradient, first, second] = std::array::from_fn(|_| source.floats(&[size]));
    let [mut y, mut new_first, mut new_second] = std::array::from_fn(|_| source.room(&[size]));
    if source.flag() {
        let step = AdamW {
            learning_rate: 0.1,
            beta1: 0.9,
            beta2: 0.99,
            epsilon: 1e-8,
            weight_decay: 0.1,
            first_correction: 0.1,
            second_correction: 0.01,
        };
        optimizer::adamw(&step, &gradient, [&parameter, &first, &second], [&mut y, &mut new_first, &mut new_second]);
    } else {
        optimizer::moving_average(0.9, &parameter, &gradient, &mut y);
    }
}
