//! How much was done.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    slice,
    sync::atomic::{AtomicU64, Ordering},
};

/// Allocates as the system does, and adds up the bytes.
struct Counting;

static BYTES: AtomicU64 = AtomicU64::new(0);

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: everything is left to the system's allocator, which keeps the contract. Growing goes by the default, which
// allocates anew and so is counted.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        BYTES.fetch_add(layout.size() as u64, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
}

// The runtime of `-C instrument-coverage`:
// https://clang.llvm.org/docs/SourceBasedCodeCoverage.html#using-the-profiling-runtime-without-static-initializers
unsafe extern "C" {
    fn __llvm_profile_begin_counters() -> *const u64;
    fn __llvm_profile_end_counters() -> *const u64;
}

fn so_far() -> u64 {
    // SAFETY: the two are the bounds of one array of counters, and this program has one thread.
    let counters = unsafe {
        let (begin, end) = (__llvm_profile_begin_counters(), __llvm_profile_end_counters());
        slice::from_raw_parts(begin, usize::try_from(end.offset_from(begin)).expect("an array"))
    };
    assert!(!counters.is_empty(), "compiled without counters");
    counters.iter().sum::<u64>() + BYTES.load(Ordering::Relaxed)
}

/// How much `work` does.
pub(crate) fn of(work: impl FnOnce()) -> u64 {
    let before = so_far();
    work();
    so_far() - before
}
