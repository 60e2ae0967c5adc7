//! The built site: the bundle below `/pkg`, and the few files at the top.

use std::{env, fs, io, path::Path};

use app::shell::AssetNames;
use axum::{
    Router,
    extract::Request,
    http::{self, HeaderValue, StatusCode, header::CACHE_CONTROL},
    middleware::{Next, from_fn},
    response::{IntoResponse as _, Response},
};
use tower::Layer as _;
use tower_http::{
    services::{ServeDir, ServeFile},
    set_header::{MakeHeaderValue, SetResponseHeader, SetResponseHeaderLayer},
};

/// The name that the files of the bundle begin with.
const BUNDLE: &str = "coatroom";
/// The most characters of a file's name; those of the bundle have 40.
const MAX_NAME: usize = 128;

/// Finds the names of the bundle's files. The build writes their hashes beside the program; without that file the
/// names are plain.
///
/// # Errors
/// An error if a file of the bundle is missing.
pub fn names(site: &Path) -> io::Result<AssetNames> {
    let beside = env::current_exe()?.with_file_name("hash.txt");
    let hashes = fs::read_to_string(beside).unwrap_or_default();
    let name = |kind: &str| {
        let hash = hashes.lines().find_map(|line| line.strip_prefix(kind)?.strip_prefix(':'));
        match hash {
            Some(hash) => format!("{BUNDLE}.{}.{kind}", hash.trim()),
            None => format!("{BUNDLE}.{kind}"),
        }
    };
    let names = AssetNames { js: name("js"), wasm: name("wasm"), css: name("css") };
    for name in [&names.js, &names.wasm, &names.css] {
        let file = site.join("pkg").join(name);
        if !file.is_file() {
            let text =
                format!("COATROOM_SITE: {} is missing; `make build` makes it", file.display());
            return Err(io::Error::new(io::ErrorKind::NotFound, text));
        }
    }
    Ok(names)
}

/// Serves the site's files. They stand outside of authentication: no client's cookies matter here.
pub fn router<S: Clone + Send + Sync + 'static>(site: &Path, names: &AssetNames) -> Router<S> {
    // A name with a hash means the same bytes for ever.
    let hashed = names.js.matches('.').count() > 1;
    let lasting = if hashed { "public, max-age=31536000, immutable" } else { "no-cache" };
    let pkg = ServeDir::new(site.join("pkg"))
        .append_index_html_on_directories(false)
        .precompressed_br()
        .precompressed_gzip();
    let pkg = from_fn(plain_names).layer(pkg);
    let file = |name| ServeFile::new(site.join(name));
    Router::new()
        .nest_service("/pkg", cached(pkg, lasting))
        .route_service("/favicon.svg", cached(file("favicon.svg"), "public, max-age=86400"))
        // If no page names an icon, browsers ask for one by this name; its type says what it is.
        .route_service("/favicon.ico", cached(file("favicon.svg"), "public, max-age=86400"))
        .route_service("/robots.txt", cached(file("robots.txt"), "public, max-age=86400"))
}

/// Finds nothing at a path that no build can have made. The file system would answer some of them with errors of its
/// own, such as that a name is too long, and the service with redirects for folders.
async fn plain_names(request: Request, next: Next) -> Response {
    let is_name = |name: &str| {
        let of_name = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        (1..=MAX_NAME).contains(&name.len()) && !name.starts_with('.') && name.bytes().all(of_name)
    };
    let path = request.uri().path();
    if path.strip_prefix('/').unwrap_or(path).split('/').all(is_name) {
        next.run(request).await
    } else {
        StatusCode::NOT_FOUND.into_response()
    }
}

/// Lets caches keep what is found; a miss is not kept.
fn cached<S>(service: S, value: &'static str) -> SetResponseHeader<S, CacheIfFound> {
    SetResponseHeaderLayer::overriding(CACHE_CONTROL, CacheIfFound(value)).layer(service)
}

/// The value of `Cache-Control` for a response.
#[derive(Clone, Copy)]
struct CacheIfFound(&'static str);

impl<B> MakeHeaderValue<http::Response<B>> for CacheIfFound {
    fn make_header_value(&mut self, response: &http::Response<B>) -> Option<HeaderValue> {
        let found = response.status().is_success() || response.status().as_u16() == 304;
        Some(HeaderValue::from_static(if found { self.0 } else { "no-store" }))
    }
}
