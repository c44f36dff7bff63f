//! Memory ends as it does in a browser: whoever asks for too much ends the process, which is a find.
//!
//! No input is near a megabyte, so that a claim on so much memory was read from the input unchecked.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes that may be in use at once.
const MOST: usize = 64 << 20;

static USED: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static LIMITED: Limited = Limited;

struct Limited;

// SAFETY: everything is the system's allocator, but that some requests are refused as the trait allows.
unsafe impl GlobalAlloc for Limited {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if USED.fetch_add(layout.size(), Ordering::Relaxed) + layout.size() > MOST {
            USED.fetch_sub(layout.size(), Ordering::Relaxed);
            return std::ptr::null_mut();
        }
        // SAFETY: the caller keeps to this function's contract, which is the system's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        USED.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { System.dealloc(at, layout) }
    }
}
