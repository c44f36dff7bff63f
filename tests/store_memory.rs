//! The Store suite over memory, on the host.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "suite/store.rs"]
mod store;

use fhir_pull::host::memory::Memory;

struct InMemory(Memory);

impl store::Opener for InMemory {
    type Store = Memory;

    async fn open(&self) -> Memory {
        self.0.clone()
    }

    async fn pause(&self) {}
}

macro_rules! over_memory {
    ($($name:ident,)*) => {
        $(#[test]
        fn $name() {
            pollster::block_on(store::$name(&InMemory(Memory::new())));
        })*
    };
}
store::each_store_test!(over_memory);
