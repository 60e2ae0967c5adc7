//! Fetches the key set of another service, over HTTPS or from this machine.

use axum::http::{StatusCode, Uri};
use coatroom::verifier::{BoxError, MAX_JWKS_LEN};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::Bytes;
use hyper_rustls::HttpsConnector;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use url::Url;

/// A client that asks one address, and follows no redirect.
#[derive(Clone, Debug)]
pub struct KeySet {
    address: Uri,
    client: Client<HttpsConnector<HttpConnector>, Empty<Bytes>>,
}

impl KeySet {
    /// Makes a client for that address, which trusts the certificate authorities of this machine.
    ///
    /// # Errors
    /// The reason why there can be none.
    pub fn at(url: &Url) -> Result<Self, BoxError> {
        let connector = hyper_rustls::HttpsConnectorBuilder::new();
        let connector = connector
            .with_provider_and_native_roots(rustls::crypto::aws_lc_rs::default_provider())?
            .https_or_http()
            .enable_http1()
            .build();
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self { address: url.as_str().parse()?, client })
    }

    /// Returns the text of the set.
    ///
    /// # Errors
    /// An error unless the answer is a 200 of bounded length.
    pub async fn text(self) -> Result<String, BoxError> {
        let answer = self.client.get(self.address).await?;
        if answer.status() != StatusCode::OK {
            return Err(format!("the key set's address answers {}", answer.status()).into());
        }
        let body = Limited::new(answer.into_body(), MAX_JWKS_LEN).collect().await?;
        Ok(String::from_utf8(body.to_bytes().to_vec())?)
    }
}
