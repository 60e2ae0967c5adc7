//! The integration tests: the suite of every store, the stories of the rotation rule, the layer.
//!
//! Nothing here sleeps: time is a [`TestClock`](coatroom::clock::TestClock) that tests move.

mod arrows;
mod examples;
mod future;
mod http;
mod properties;
mod public;
mod stores;
mod stories;
mod support;
mod tidy;
mod timing;
mod words;
