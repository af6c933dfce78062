//! The thread pool: workers that spin for a moment and then sleep, and loops whose results do not depend on how many there are.
//!
//! A loop is cut into pieces by its shape alone, and each piece writes its own part of the result, so the bytes are the same for any
//! number of threads. Every thread has a share of the pieces that it takes first, the same one in every loop of that many pieces: what
//! it wrote in one loop is in its own cache for the next. Then it helps the others.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::{Mutex, OnceLock};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// How long a worker looks for work before it sleeps: longer than the gap between two kernels, shorter than anyone notices.
const SPIN: Duration = Duration::from_micros(120);

type Task<'a> = &'a (dyn Fn(usize) + Sync);

/// The loop being run. Written by its owner while `open` is false and nobody is inside.
struct Loop {
    task: Cell<Option<Task<'static>>>,
    count: Cell<usize>,
}

struct Pool {
    workers: Vec<Worker>,
    current: Loop,
    /// Rises with every loop: what workers watch.
    generation: AtomicU64,
    open: AtomicBool,
    /// The piece that is next of each thread's share; the caller's is the first.
    next: Vec<Line>,
    /// Workers that are looking at `current`.
    inside: AtomicUsize,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
    /// One loop at a time, whichever thread of the process starts it.
    owner: Mutex<()>,
}

/// A counter with a cache line to itself.
#[repr(align(64))]
struct Line(AtomicUsize);

struct Worker {
    thread: Thread,
    asleep: AtomicBool,
}

// SAFETY: `current` is written only by the holder of `owner`, while `open` is false and `inside` is 0, and read only by
// workers that are counted in `inside` and have then seen `open`: the two never meet.
unsafe impl Sync for Pool {}

thread_local! {
    /// A loop inside a loop runs in its own thread.
    static BUSY: Cell<bool> = const { Cell::new(false) };
}

static POOL: OnceLock<Pool> = OnceLock::new();

/// Threads that compute, the caller's included: `SSL_VIT_THREADS`, or as many as the process may use.
pub fn thread_count() -> usize {
    static COUNT: OnceLock<usize> = OnceLock::new();
    *COUNT.get_or_init(|| {
        let available = thread::available_parallelism().map_or(1, usize::from);
        let asked = std::env::var("SSL_VIT_THREADS").ok().and_then(|text| text.trim().parse::<usize>().ok());
        asked.filter(|&count| count > 0).unwrap_or(available).min(256)
    })
}

/// Whether this thread is at work on a piece, so that a loop of it would run in this thread alone.
pub fn is_busy() -> bool {
    BUSY.get()
}

fn pool() -> &'static Pool {
    POOL.get_or_init(|| {
        let workers = (1..thread_count()).map_while(|index| {
            let worker = thread::Builder::new().name(format!("ssl-vit-{index}")).spawn(move || work(index - 1)).ok()?;
            Some(Worker { thread: worker.thread().clone(), asleep: AtomicBool::new(false) })
        });
        let workers: Vec<Worker> = workers.collect();
        Pool {
            next: (0..=workers.len()).map(|_| Line(AtomicUsize::new(0))).collect(),
            workers,
            current: Loop { task: Cell::new(None), count: Cell::new(0) },
            generation: AtomicU64::new(0),
            open: AtomicBool::new(false),
            inside: AtomicUsize::new(0),
            panic: Mutex::new(None),
            owner: Mutex::new(()),
        }
    })
}

/// Calls `task` with every number below `count`, on all threads, in no particular order; returns when all calls have.
/// A panic in a call is passed on to the caller.
pub fn parallel(count: usize, task: impl Fn(usize) + Sync) {
    if count <= 1 || thread_count() == 1 || BUSY.get() {
        (0..count).for_each(task);
        return;
    }
    pool().run(count, &task);
}

impl Pool {
    fn run(&'static self, count: usize, task: Task<'_>) {
        let owner = self.owner.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        // SAFETY: the task outlives its use: this function closes the loop and waits for all workers before it returns.
        let task = unsafe { std::mem::transmute::<Task<'_>, Task<'static>>(task) };
        self.current.task.set(Some(task));
        self.current.count.set(count);
        for (thread, next) in self.next.iter().enumerate() {
            next.0.store(self.share(thread, count), SeqCst);
        }
        self.open.store(true, SeqCst);
        self.generation.fetch_add(1, SeqCst);
        for worker in self.workers.iter().take(count - 1) {
            if worker.asleep.load(SeqCst) {
                worker.thread.unpark();
            }
        }
        self.take_pieces(0, task, count);
        self.open.store(false, SeqCst);
        while self.inside.load(SeqCst) > 0 {
            std::hint::spin_loop();
        }
        // The task ends with this call, and a reference must not outlive what it refers to, read or not.
        self.current.task.set(None);
        let panic = self.panic.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take();
        drop(owner);
        if let Some(panic) = panic {
            resume_unwind(panic);
        }
    }

    /// First piece of a thread's share.
    fn share(&self, thread: usize, count: usize) -> usize {
        count * thread / self.next.len()
    }

    /// Runs pieces until none is left, this thread's own first. A panic ends the loop for everyone.
    fn take_pieces(&self, thread: usize, task: Task<'_>, count: usize) {
        BUSY.set(true);
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            for other in 0..self.next.len() {
                let owner = (thread + other) % self.next.len();
                let end = self.share(owner + 1, count);
                loop {
                    let index = self.next[owner].0.fetch_add(1, SeqCst);
                    if index >= end {
                        break;
                    }
                    task(index);
                }
            }
        }));
        BUSY.set(false);
        if let Err(panic) = outcome {
            for next in &self.next {
                next.0.store(count, SeqCst);
            }
            *self.panic.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(panic);
        }
    }

    /// A worker's part of the loop that is open, if one is.
    fn join(&self, thread: usize) {
        self.inside.fetch_add(1, SeqCst);
        // Only after this worker has been counted does it look whether the loop is open: the owner closes first and counts after.
        if self.open.load(SeqCst)
            && let Some(task) = self.current.task.get()
        {
            self.take_pieces(thread, task, self.current.count.get());
        }
        self.inside.fetch_sub(1, SeqCst);
    }
}

fn work(index: usize) -> ! {
    let pool = pool();
    let mut seen = 0;
    loop {
        seen = pool.wait(index, seen);
        pool.join(index + 1);
    }
}

impl Pool {
    /// Waits until the generation differs from `seen`, and returns it.
    fn wait(&self, index: usize, seen: u64) -> u64 {
        let start = Instant::now();
        loop {
            for _ in 0..64 {
                let generation = self.generation.load(SeqCst);
                if generation != seen {
                    return generation;
                }
                std::hint::spin_loop();
            }
            if start.elapsed() > SPIN {
                let asleep = &self.workers[index].asleep;
                asleep.store(true, SeqCst);
                // A loop that began before `asleep` was set sent no wake-up, so look once more.
                while self.generation.load(SeqCst) == seen {
                    thread::park();
                }
                asleep.store(false, SeqCst);
            }
        }
    }
}

/// A result cut into parts that different threads write.
pub struct Parts<'a, T> {
    start: *mut T,
    length: usize,
    size: usize,
    lifetime: std::marker::PhantomData<&'a mut [T]>,
}

// SAFETY: `take` hands out disjoint parts only, if its condition is kept.
unsafe impl<T: Send> Sync for Parts<'_, T> {}

impl<'a, T> Parts<'a, T> {
    /// Parts of `size` values, the last one shorter.
    pub fn new(values: &'a mut [T], size: usize) -> Self {
        Self { start: values.as_mut_ptr(), length: values.len(), size, lifetime: std::marker::PhantomData }
    }

    /// Part number `index`.
    ///
    /// # Safety
    /// No value may be in two parts in use at the same time.
    #[allow(clippy::mut_from_ref, reason = "the condition above makes the parts exclusive")]
    pub unsafe fn take(&self, index: usize) -> &'a mut [T] {
        let start = (index * self.size).min(self.length);
        // SAFETY: the caller's promise is the same.
        unsafe { self.range(start, (start + self.size).min(self.length)) }
    }

    /// The values from `start` to `end`.
    ///
    /// # Safety
    /// No value may be in two parts in use at the same time.
    #[allow(clippy::mut_from_ref, reason = "the condition above makes the parts exclusive")]
    pub unsafe fn range(&self, start: usize, end: usize) -> &'a mut [T] {
        assert!(start <= end && end <= self.length);
        // SAFETY: inside the slice that `new` borrowed, and nobody else's by the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(start), end - start) }
    }
}

/// `task(index, part)` for all parts of `size` values of `values`, on all threads.
pub fn parallel_parts<T: Send>(values: &mut [T], size: usize, task: impl Fn(usize, &mut [T]) + Sync) {
    if values.is_empty() {
        return;
    }
    let count = values.len().div_ceil(size);
    let parts = Parts::new(values, size);
    // SAFETY: `parallel` gives every index to one call.
    parallel(count, |index| task(index, unsafe { parts.take(index) }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_piece_runs_once_whoever_asks() {
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    for round in 0..if cfg!(miri) { 20 } else { 2000 } {
                        let mut values = vec![0u32; 1 + round % 97];
                        parallel_parts(&mut values, 3, |index, part| part.iter_mut().for_each(|value| *value += index as u32 + 1));
                        assert!(values.iter().enumerate().all(|(at, &value)| value == at as u32 / 3 + 1));
                    }
                });
            }
        });
    }

    #[test]
    fn a_panic_reaches_the_caller_and_the_pool_survives() {
        let outcome = catch_unwind(|| parallel(50, |index| assert!(index != 20, "piece 20")));
        assert!(outcome.is_err());
        let sum = AtomicUsize::new(0);
        parallel(50, |index| {
            sum.fetch_add(index, SeqCst);
        });
        assert_eq!(sum.into_inner(), 1225);
    }
}
