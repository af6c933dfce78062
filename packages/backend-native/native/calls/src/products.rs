//! Matrix products and linear layers.

use crate::Entry;
use crate::pointwise::activation;
use crate::source::Source;
use kernels::linear::{self, Gradients, Linear, Product};

pub const ENTRIES: [Entry; 4] = [products, products, linear_layer, linear_layer];

fn products(source: &mut Source<'_>) {
    let [rows, columns, depth] = source.sizes();
    let (left, right) = (1 + source.below(3), 1 + source.below(3));
    let pairs: Vec<(usize, usize)> = (0..source.below(4)).map(|_| (source.below(left), source.below(right))).collect();
    let (a, b) = (source.floats(&[left + 1, rows, depth]), source.floats(&[right + 1, depth, columns]));
    let bias = source.maybe_floats(&[columns]);
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
        precision: source.precision(),
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
        activation: activation(source),
        precision: source.precision(),
    };
    let (of_x, of_y) = ([rows, inputs], [rows, outputs]);
    if source.flag() {
        let (mut y, mut before) = (source.room(&of_y), source.maybe_room(&of_y));
        linear::linear(&layer, &mut y, before.as_deref_mut());
    } else {
        let (dy, before, mut work) = (source.floats(&of_y), source.maybe_floats(&of_y), source.maybe_room(&of_y));
        let (mut dx, mut d_weight, mut d_bias) = (source.maybe_room(&of_x), source.room(&[outputs, inputs]), source.maybe_room(&[outputs]));
        let gradients = Gradients { dx: dx.as_deref_mut(), d_weight: &mut d_weight, d_bias: d_bias.as_deref_mut() };
        linear::linear_gradient(&layer, &dy, before.as_deref(), work.as_deref_mut(), gradients);
    }
}
