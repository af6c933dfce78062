//! What a run's bytes are turned into: sizes that mostly fit together, and slices of exactly their length, so that the sanitizer sees
//! the first byte beyond.

use arbitrary::Unstructured;

/// Longest slice: every kernel's loops (tiles, pieces, blocks) are shorter.
const MOST: usize = 1 << 17;

pub struct Source<'a>(pub Unstructured<'a>);

impl Source<'_> {
    /// A number from 0 to `most`; 0 when the bytes are used up.
    pub fn below(&mut self, most: usize) -> usize {
        self.0.int_in_range(0..=most).unwrap_or(0)
    }

    pub fn flag(&mut self) -> bool {
        self.below(1) == 1
    }

    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() - 1)]
    }

    /// A size: mostly small, now and then as JavaScript's numbers can be at worst.
    pub fn size(&mut self) -> usize {
        match self.below(31) {
            0 => self.below(u32::MAX as usize),
            1 => self.pick(&[0, 1 << 16, 1 << 31, (1 << 32) - 1]),
            2..6 => self.below(600),
            6..14 => self.below(70),
            _ => 1 + self.below(9),
        }
    }

    pub fn sizes<const N: usize>(&mut self) -> [usize; N] {
        std::array::from_fn(|_| self.size())
    }

    /// The length that the sizes ask for, unless it is too long to be had or the bytes want another one.
    fn length(&mut self, sizes: &[usize]) -> usize {
        let length = sizes.iter().try_fold(1usize, |product, &size| product.checked_mul(size)).filter(|&length| length <= MOST);
        match (length, self.below(63)) {
            (Some(length), 3..) => length,
            (Some(length), 1) => length + 1,
            (Some(length), 2) => length.saturating_sub(1),
            _ => self.below(70),
        }
    }

    fn filled<T: Clone>(&mut self, sizes: &[usize], mut next: impl FnMut(&mut Self) -> T) -> Box<[T]> {
        // A few values of the bytes' choice, over and over: the bytes would not last for more.
        let length = self.length(sizes);
        let values: Vec<T> = (0..7).map(|_| next(self)).collect();
        values.into_iter().cycle().take(length).collect::<Vec<T>>().into_boxed_slice()
    }

    pub fn floats(&mut self, sizes: &[usize]) -> Box<[f32]> {
        self.filled(sizes, |source| match source.below(15) {
            0 => f32::from_bits(source.0.arbitrary().unwrap_or(0)),
            1 => source.pick(&[f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, f32::MIN_POSITIVE]),
            _ => source.below(256) as f32 / 64.0 - 2.0,
        })
    }

    pub fn maybe_floats(&mut self, sizes: &[usize]) -> Option<Box<[f32]>> {
        self.flag().then(|| self.floats(sizes))
    }

    /// Memory for a result.
    pub fn room(&mut self, sizes: &[usize]) -> Box<[f32]> {
        vec![0.0; self.length(sizes)].into_boxed_slice()
    }

    pub fn maybe_room(&mut self, sizes: &[usize]) -> Option<Box<[f32]>> {
        self.flag().then(|| self.room(sizes))
    }

    pub fn bytes(&mut self, sizes: &[usize]) -> Box<[u8]> {
        self.filled(sizes, |source| source.below(255) as u8)
    }

    /// Numbers of rows, mostly below `rows`.
    pub fn indices(&mut self, sizes: &[usize], rows: usize) -> Box<[i32]> {
        self.filled(sizes, |source| match source.below(63) {
            0 => source.0.arbitrary().unwrap_or(0),
            _ => source.below(rows.saturating_sub(1)) as i32,
        })
    }
}
