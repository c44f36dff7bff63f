//! Repeatable chance.

/// A stream of numbers from a seed (splitmix64).
#[derive(Clone, Debug)]
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ mixed >> 31) % bound
    }

    pub(crate) fn of<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len() as u64) as usize]
    }
}

/// Does `life` with each of so many seeds, or of as many as the environment's `SEEDS` says; or with
/// the one seed that it names as `SEED`. A failure prints its seed.
pub(crate) fn each_seed(seeds: u64, mut life: impl FnMut(Chance)) {
    let given = |name| std::env::var(name).ok()?.parse::<u64>().ok();
    let range = match given("SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..given("SEEDS").unwrap_or(seeds),
    };
    for seed in range {
        let _named = Named(seed);
        life(Chance(seed));
    }
}

struct Named(u64);

impl Drop for Named {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("this was SEED={}", self.0);
        }
    }
}
