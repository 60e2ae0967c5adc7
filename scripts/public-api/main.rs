//! Prints the public API of a crate, one line for each item: `public-api-lines target/doc/coatroom.json`.
//!
//! Derived, automatic and blanket implementations are left out: the types' own lines say nearly as much.

use std::{error::Error, io::Write};

fn main() -> Result<(), Box<dyn Error>> {
    let json = std::env::args_os().nth(1).ok_or("usage: public-api-lines FILE.json")?;
    let api = public_api::Builder::from_rustdoc_json(json)
        .omit_auto_derived_impls(true)
        .omit_auto_trait_impls(true)
        .omit_blanket_impls(true)
        .build()?;
    write!(std::io::stdout().lock(), "{api}")?;
    Ok(())
}
