//! The same claims in eight forms of token: who reads, makes and checks each, its length, and the time it takes.
//!
//! The figures are measured once: each visitor sees the same. The page itself holds no token; the X-ray does, as an
//! example.

use std::time::Duration;

use coatroom_lab::format::{Holder, Measured, NotMeasured, measure_all};
use leptos::prelude::*;
use tokio::sync::OnceCell;

use super::{
    form,
    page::{LabPage, Row, table},
    pages::crumbs,
};

/// The names of its columns, above them and, on a narrow page, above each cell.
const COLUMNS: [&str; 7] =
    ["Form", "Read by", "Made by", "Checked by", "Bytes", "Made in", "Checked in"];

static MEASURED: OnceCell<Vec<Measured>> = OnceCell::const_new();

/// Returns the page, of figures that are measured when a visitor first asks for them.
///
/// # Errors
/// [`NotMeasured`]; the next request tries again.
pub(super) async fn page() -> Result<LabPage, NotMeasured> {
    MEASURED.get_or_try_init(measure_all).await.map(|measured| draw(measured))
}

/// Returns the token of the form that an address's query names, as an example for the X-ray; `None` if it names none, or
/// nothing was measured yet. Its keys are used for nothing, and its session is of a world that is gone.
pub(super) fn example(query: Option<&str>) -> Option<&'static str> {
    let name = form::in_query(query, "form")?;
    let found = MEASURED.get()?.iter().find(|each| each.format.slug() == name);
    found.map(|each| each.token.as_str())
}

fn draw(measured: &[Measured]) -> LabPage {
    let looks = measured.iter().map(|each| {
        view! {
            <li>
                <a href=format!("/x-ray?form={}", each.format.slug()) rel="external">
                    {each.format.name()}
                </a>
            </li>
        }
    });
    LabPage::new(
        "Forms of token",
        view! {
            {crumbs()}
            <div class="lead">
                <h1>"The same claims, in eight forms."</h1>
                <p>
                    "A signed token is a wristband: its bearer can read it, and cannot change it. An encrypted one is a sealed letter: its bearer cannot even read it. This house signs; the others are here to be compared."
                </p>
            </div>
            <section class="sheet" aria-labelledby="forms">
                <h2 id="forms">"Who can do what, and what it costs"</h2>
                {table("The eight forms", COLUMNS, measured.iter().map(row))}
                <p class="soft">
                    "The claims of an access token of this house. Times are medians of a hundred, in one thread of this server, taken when this page was first asked for. The PASETO forms are computed by a library in Rust, the others by one in C and assembler: the times compare libraries as well as forms."
                </p>
            </section>
            <section class="sheet" aria-labelledby="look">
                <h2 id="look">"Look into one"</h2>
                <p>"The X-ray shows what a client that holds the token can read of it."</p>
                <ul class="row" aria-labelledby="look">
                    {looks.collect_view()}
                </ul>
            </section>
            <section class="sheet" aria-labelledby="choice">
                <h2 id="choice">"What follows"</h2>
                <dl class="why">
                    <div>
                        <dt>"A signature hides nothing."</dt>
                        <dd>"Whatever stands in a signed token, its bearer knows, and so does a thief."</dd>
                    </div>
                    <div>
                        <dt>"A shared key is one trust."</dt>
                        <dd>
                            "With HS256, v4.local and dir, each service that can check a token can make one, in any name. With a public key a service can check and make nothing."
                        </dd>
                    </div>
                    <div>
                        <dt>"A public key to encrypt with is a letter box."</dt>
                        <dd>
                            "With ECDH-ES anybody can write a token that the house can open. It keeps a secret, and proves nothing about who wrote it: sign what is inside."
                        </dd>
                    </div>
                    <div>
                        <dt>"A PASETO is signed or encrypted."</dt>
                        <dd>
                            "Some texts say that it hides what it says. v4.local does; v4.public can be read as a JWT can."
                        </dd>
                    </div>
                    <div>
                        <dt>"No form takes a token back."</dt>
                        <dd>
                            "Each of them is good until it expires, unless somebody is asked: "
                            <a href="/learn/sign-out-everywhere" rel="external">
                                "how long does ‘at once’ take?"
                            </a>
                        </dd>
                    </div>
                </dl>
            </section>
        },
    )
}

fn row(each: &Measured) -> Row<7> {
    let format = each.format;
    Row {
        id: None,
        cells: [
            format.name().into_any(),
            holder(format.is_read_by()).into_any(),
            holder(format.is_made_by()).into_any(),
            holder(format.is_checked_by()).into_any(),
            each.token.len().to_string().into_any(),
            microseconds(each.make).into_any(),
            microseconds(each.check).into_any(),
        ],
    }
}

const fn holder(holder: Holder) -> &'static str {
    match holder {
        Holder::OfToken => "its bearer",
        Holder::OfPublicKey => "anybody",
        Holder::OfSharedKey => "who shares the key",
        Holder::OfPrivateKey => "one, with the private key",
    }
}

/// Writes a time in microseconds; below ten with a decimal.
fn microseconds(time: Duration) -> String {
    let tenths = time.as_nanos().div_ceil(100);
    if tenths < 100 {
        format!("{}.{} µs", tenths / 10, tenths % 10)
    } else {
        format!("{} µs", tenths / 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_decimal_where_it_is_short() {
        for (nanos, text) in [
            (0, "0.0 µs"),
            (1, "0.1 µs"),
            (840, "0.9 µs"),
            (9_900, "9.9 µs"),
            (10_000, "10 µs"),
            (1_234_567, "1234 µs"),
        ] {
            assert_eq!(microseconds(Duration::from_nanos(nanos)), text, "{nanos}");
        }
    }
}
