//! A store in memory: for tests, for Node, and wherever nothing is to be kept.
