//! Element-wise functions.

use crate::Entry;
use crate::source::Source;
use kernels::activation::{self, Activation};
use kernels::broadcast::Broadcast;
use kernels::cast;
use kernels::comparison::{self, Comparison};
use kernels::elementwise::{self, Binary, Unary};
use kernels::integer::{self, Integer};
use kernels::logic::{self, Connective};
use kernels::select;

pub const ENTRIES: [Entry; 6] = [map, combine, activate, convert, choose, one_hot];

pub fn activation(source: &mut Source<'_>) -> Activation {
    source.pick(&[Activation::Linear, Activation::Relu, Activation::Gelu])
}

fn map(source: &mut Source<'_>) {
    use Unary::*;
    let operation = source.pick(&[
        Abs, Exp, Log, Sqrt, Rsqrt, Square, Neg, Erf, Tanh, Sigmoid, Relu, Relu6, Sign, Reciprocal, Step, LeakyRelu, Log1p, Expm1, Softplus,
    ]);
    let size = source.size();
    if source.below(15) == 0 {
        logic::not(&source.bytes(&[size]), &mut source.room(&[size]));
    } else {
        elementwise::map(operation, 0.5, &source.floats(&[size]), &mut source.room(&[size]));
    }
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
        (strides, [length])
    };
    let ((a_strides, a), (b_strides, b)) = (operand(), operand());
    let layout = Broadcast { shape: &shape, a: &a_strides, b: &b_strides };
    match source.below(4) {
        0 => {
            use Binary::*;
            let operation = source.pick(&[Add, Sub, Multiply, Divide, Maximum, Minimum, SquaredDifference]);
            elementwise::combine(operation, &layout, &source.floats(&a), &source.floats(&b), &mut source.room(&shape));
        }
        1 => {
            use Integer::*;
            let operation = source.pick(&[Add, Sub, Multiply, Maximum, Minimum]);
            integer::combine(operation, &layout, &source.integers(&a), &source.integers(&b), &mut source.room(&shape));
        }
        2 => {
            let connective = source.pick(&[Connective::And, Connective::Or]);
            logic::combine(connective, &layout, &source.bytes(&a), &source.bytes(&b), &mut source.room(&shape));
        }
        which => {
            use Comparison::*;
            let comparison = source.pick(&[Equal, NotEqual, Greater, GreaterEqual, Less, LessEqual]);
            if which == 3 {
                comparison::compare(comparison, &layout, &source.floats(&a), &source.floats(&b), &mut source.room(&shape));
            } else {
                comparison::compare(comparison, &layout, &source.integers(&a), &source.integers(&b), &mut source.room(&shape));
            }
        }
    }
}

fn activate(source: &mut Source<'_>) {
    let (activation, precision, size) = (activation(source), source.precision(), source.size());
    let (x, mut y) = (source.floats(&[size]), source.room(&[size]));
    if source.flag() {
        activation::forward(activation, precision, &x, &mut y);
    } else {
        activation::gradient(activation, precision, &x, &source.floats(&[size]), &mut y);
    }
}

fn convert(source: &mut Source<'_>) {
    let size = [source.size()];
    match source.below(5) {
        0 => cast::cast::<f32, i32>(&source.floats(&size), &mut source.room(&size)),
        1 => cast::cast::<f32, u8>(&source.floats(&size), &mut source.room(&size)),
        2 => cast::cast::<i32, f32>(&source.integers(&size), &mut source.room(&size)),
        3 => cast::cast::<i32, u8>(&source.integers(&size), &mut source.room(&size)),
        4 => cast::cast::<u8, f32>(&source.bytes(&size), &mut source.room(&size)),
        _ => cast::cast::<u8, i32>(&source.bytes(&size), &mut source.room(&size)),
    }
}

fn choose(source: &mut Source<'_>) {
    let size = [source.size()];
    let condition = source.bytes(&size);
    if source.flag() {
        select::select(&condition, &source.floats(&size), &source.floats(&size), &mut source.room(&size));
    } else {
        select::select(&condition, &source.bytes(&size), &source.bytes(&size), &mut source.room(&size));
    }
}

fn one_hot(source: &mut Source<'_>) {
    let [count, depth] = source.sizes();
    let indices = source.indices(&[count], depth);
    if source.flag() {
        select::one_hot(&indices, depth, 1.0, 0.0, &mut source.room::<f32>(&[count, depth]));
    } else {
        select::one_hot(&indices, depth, 7, -7, &mut source.room::<i32>(&[count, depth]));
    }
}
