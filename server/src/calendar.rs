//! Calendar feeds at `/calendar/….ics`, as calendar programs subscribe to them (RFC 5545).
//!
//! There is no sign-in: whoever knows an address reads the due dates of one membership, until it is taken away or the
//! address is replaced. An unknown address is answered as one that is over: by one statement, and 404.

mod ics;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use data_encoding::BASE64URL_NOPAD;
use guichet_base::error::Result;
use guichet_base::id::Id;
use guichet_base::secret::Secret;
use guichet_edge::{Answered, Whose};
use guichet_engine::store::Store;
use guichet_schema::month::calendar_feed::queries;
use guichet_schema::people::firm;
use guichet_schema::people::firm::day::today;
use http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, ETAG, IF_NONE_MATCH, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, StatusCode};
use sha2::{Digest, Sha256};

use ics::calendar;

/// The longest part of an address that can be a secret, in characters.
const MAX_SECRET: usize = 64;

/// The path of a feed. The ending tells programs what it is.
pub(crate) fn path(secret: &Secret) -> String {
    format!("/calendar/{}.ics", secret.expose())
}

/// The route. Logs name the route, never the address.
pub(crate) fn router(store: Store) -> Router {
    Router::new().route("/calendar/{feed}", get(answer)).with_state(store)
}

async fn answer(State(store): State<Store>, Path(feed): Path<String>, headers: HeaderMap) -> Response {
    let mut told = Answered { operation: Some("calendar".to_owned()), ..Answered::default() };
    let response = match read(&store, &feed, &mut told.whose).await {
        Ok(Some(text)) => found(text, &headers),
        Ok(None) => {
            told.code = Some("NOT_FOUND");
            let gone = "There is no such calendar, or no longer.\n";
            (StatusCode::NOT_FOUND, [(CACHE_CONTROL, "no-store")], gone).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "a calendar could not be read");
            told.code = Some("UNAVAILABLE");
            let later = "The calendar cannot be read at the moment; try again.\n";
            (StatusCode::SERVICE_UNAVAILABLE, [(CACHE_CONTROL, "no-store")], later).into_response()
        }
    };
    told.of(response)
}

/// The calendar at an address; none for one that nobody has.
async fn read(store: &Store, feed: &str, whose: &mut Whose) -> Result<Option<String>> {
    let secret = feed.strip_suffix(".ics").filter(|secret| secret.len() <= MAX_SECRET);
    let Some(secret) = secret else { return Ok(None) };
    let secret = Secret::from(secret.to_owned());
    let mut conn = store.conn().await?;
    let Some((membership, locale)) = queries::reader(&mut conn, &secret).await? else { return Ok(None) };
    whose.firm = Some(membership.firm_id().encode());
    let firm = firm::queries::find(&mut conn, &membership.scope()).await?;
    let today = today(&mut conn, firm.id, store.now()).await?;
    let days = queries::days(&mut conn, &membership, today).await?;
    Ok(Some(calendar(locale, &firm.name, &days)))
}

/// The calendar, unless the program has it already.
fn found(text: String, headers: &HeaderMap) -> Response {
    // A weak one, because the text may be compressed on its way.
    let tag = format!("W/\"{}\"", BASE64URL_NOPAD.encode(&Sha256::digest(text.as_bytes())));
    let known = headers.get(IF_NONE_MATCH).and_then(|tags| tags.to_str().ok());
    let is_known = known.is_some_and(|tags| {
        let mut tags = tags.split(',').map(str::trim);
        tags.any(|known| known == "*" || known.trim_start_matches("W/") == tag.trim_start_matches("W/"))
    });
    let shared = [
        (ETAG, tag),
        (CACHE_CONTROL, "private, no-cache".to_owned()),
        (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    if is_known {
        return (StatusCode::NOT_MODIFIED, shared).into_response();
    }
    let own = [
        (CONTENT_TYPE, "text/calendar; charset=utf-8".to_owned()),
        (CONTENT_DISPOSITION, "inline; filename=\"calendar.ics\"".to_owned()),
    ];
    (shared, own, text).into_response()
}
