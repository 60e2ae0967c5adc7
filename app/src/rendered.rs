//! Values that the server knew while it rendered, carried to the browser in the page.

use leptos::{
    prelude::SharedValue,
    server::codee::{Decoder, Encoder},
    server_fn::{Bytes, Decodes, Encodes, codec::JsonEncoding},
};

/// Returns what `find` gives while the server renders; in the browser, what the page brought.
pub fn rendered<T: 'static>(find: impl FnOnce() -> T) -> T
where
    JsonEncoding: Encodes<T> + Decodes<T>,
{
    SharedValue::<T, Json>::new_with_encoding(find).into_inner()
}

/// The same JSON as the answers of server functions have, and the same code to read it.
struct Json;

impl<T> Encoder<T> for Json
where
    JsonEncoding: Encodes<T>,
{
    type Error = String;
    type Encoded = String;

    fn encode(value: &T) -> Result<String, String> {
        let bytes = JsonEncoding::encode(value).map_err(|error| error.to_string())?;
        String::from_utf8(bytes.into()).map_err(|error| error.to_string())
    }
}

impl<T> Decoder<T> for Json
where
    JsonEncoding: Decodes<T>,
{
    type Error = String;
    type Encoded = str;

    fn decode(text: &str) -> Result<T, String> {
        JsonEncoding::decode(Bytes::copy_from_slice(text.as_bytes()))
            .map_err(|error| error.to_string())
    }
}
