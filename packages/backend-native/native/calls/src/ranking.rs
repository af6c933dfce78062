//! What depends on the order of values.

use crate::Entry;
use crate::source::Source;
use kernels::ranking::{self, Extreme};
use kernels::scan::{self, Order};

pub const ENTRIES: [Entry; 3] = [find, top, scan];

fn find(source: &mut Source<'_>) {
    let extreme = source.pick(&[Extreme::Max, Extreme::Min]);
    let [outer, count, inner] = source.block();
    let (x, y) = ([outer, count, inner], [outer, inner]);
    if source.flag() {
        ranking::find(extreme, &source.floats(&x), count, inner, &mut source.room(&y));
    } else {
        ranking::find(extreme, &source.integers(&x), count, inner, &mut source.room(&y));
    }
}

fn top(source: &mut Source<'_>) {
    let [rows, width] = source.sizes();
    let (count, sorted) = (if source.below(15) == 0 { source.size() } else { source.below(width) }, source.flag());
    let (x, y) = ([rows, width], [rows, count]);
    if source.flag() {
        ranking::top(&source.floats(&x), width, count, sorted, &mut source.room(&y), &mut source.room(&y));
    } else {
        ranking::top(&source.integers(&x), width, count, sorted, &mut source.room(&y), &mut source.room(&y));
    }
}

fn scan(source: &mut Source<'_>) {
    let order = Order { exclusive: source.flag(), reverse: source.flag() };
    let [outer, count, inner] = source.block();
    let x = [outer, count, inner];
    if source.flag() {
        scan::cumulative_sum(order, &source.floats(&x), count, inner, &mut source.room(&x));
    } else {
        scan::cumulative_sum(order, &source.integers(&x), count, inner, &mut source.room(&x));
    }
}
