//! Media types of requests and answers (GraphQL over HTTP, Media Types and Accept).

use http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};

/// The media type of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Media {
    /// `application/graphql-response+json`: the status tells the outcome of the request.
    GraphqlResponse,
    /// `application/json`, for clients that treat any status but 200 as a broken connection.
    Json,
}

impl Media {
    pub const fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        })
    }

    /// The media type that the client prefers; `None` when it accepts neither. A client that names neither gets
    /// `application/json`, as the public audits expect.
    pub fn negotiate(headers: &HeaderMap) -> Option<Self> {
        if !headers.contains_key(ACCEPT) {
            return Some(Self::Json);
        }
        let ranges: Vec<Range<'_>> = headers
            .get_all(ACCEPT)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .filter_map(Range::parse)
            .collect();
        let named = quality(&ranges, &["application/graphql-response+json"])
            .map(|quality| (quality, Self::GraphqlResponse));
        let json = quality(&ranges, &["application/json", "application/*", "*/*"])
            .map(|quality| (quality, Self::Json));
        match (named, json) {
            (Some((named, _)), Some((json, _))) if json > named => Some(Self::Json),
            (Some((1.., media)), _) | (_, Some((1.., media))) => Some(media),
            _ => None,
        }
    }
}

/// One entry of an `Accept` header. Qualities are in thousandths (RFC 9110, 12.4.2).
struct Range<'a> {
    name: &'a str,
    quality: u16,
}

impl<'a> Range<'a> {
    /// `None` for an entry that requires a charset other than UTF-8.
    fn parse(entry: &'a str) -> Option<Self> {
        let (name, parameters) = split(entry);
        let mut quality = 1000;
        for (key, value) in parameters {
            if key.eq_ignore_ascii_case("q") {
                let value: f32 = value.parse().ok()?;
                quality = (value.clamp(0.0, 1.0) * 1000.0) as u16;
            } else if !fits_utf8(key, value) {
                return None;
            }
        }
        Some(Self { name, quality })
    }
}

/// The quality of the first of `names` that is among the ranges: the most specific one wins.
fn quality(ranges: &[Range<'_>], names: &[&str]) -> Option<u16> {
    names.iter().find_map(|name| {
        ranges.iter().find(|range| range.name.eq_ignore_ascii_case(name)).map(|range| range.quality)
    })
}

/// Whether the body is `application/json` in UTF-8 and nothing else: a browser can send some other types without a
/// preflight request, which would allow forged requests.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let (Some(content_type), None) = (types.next(), types.next()) else { return false };
    let Ok(content_type) = content_type.to_str() else { return false };
    let (name, mut parameters) = split(content_type);
    name.eq_ignore_ascii_case("application/json")
        && parameters.all(|(key, value)| fits_utf8(key, value))
        && headers.get(CONTENT_ENCODING).is_none_or(|encoding| encoding == "identity")
}

fn fits_utf8(key: &str, value: &str) -> bool {
    !key.eq_ignore_ascii_case("charset")
        || value.eq_ignore_ascii_case("utf-8")
        || value.eq_ignore_ascii_case("utf8")
}

/// A media type and its parameters.
fn split(text: &str) -> (&str, impl Iterator<Item = (&str, &str)>) {
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default();
    let parameters = parts.filter_map(|part| part.split_once('='));
    (name, parameters.map(|(key, value)| (key.trim(), value.trim().trim_matches('"'))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(accept: &'static str) -> Option<Media> {
        Media::negotiate(&HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(accept))]))
    }

    #[test]
    fn the_best_accepted_type_is_taken() {
        assert_eq!(Media::negotiate(&HeaderMap::new()), Some(Media::Json));
        for json in [
            "*/*",
            "application/*",
            "application/json",
            "text/html, */*;q=0.8",
            "APPLICATION/JSON; charset=UTF-8",
        ] {
            assert_eq!(accepted(json), Some(Media::Json), "{json}");
        }
        for graphql in [
            "application/graphql-response+json",
            "application/graphql-response+json, application/json;q=0.9",
            "application/json, application/graphql-response+json",
            "application/json;q=0, application/graphql-response+json;q=0.1",
            "application/graphql-response+json; charset=\"utf-8\", application/json; charset=utf-8",
        ] {
            assert_eq!(accepted(graphql), Some(Media::GraphqlResponse), "{graphql}");
        }
        assert_eq!(accepted("application/json, application/graphql-response+json;q=0.9"), Some(Media::Json));
        assert_eq!(accepted("application/graphql-response+json;q=0, */*"), Some(Media::Json));
        for none in ["text/html", "application/json;q=0", "*/*;q=0", "application/json; charset=utf-16", ""] {
            assert_eq!(accepted(none), None, "{none}");
        }
    }

    #[test]
    fn only_json_in_utf8_is_a_body() {
        let is_json = |text: &'static str| {
            is_json(&HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(text))]))
        };
        assert!(is_json("application/json"));
        assert!(is_json("Application/JSON; Charset=\"UTF-8\""));
        assert!(!is_json("application/json; charset=latin1"));
        assert!(!is_json("text/plain"));
        assert!(!is_json("text/plain; x=application/json"));
        assert!(!is_json("application/x-www-form-urlencoded"));
        assert!(!is_json("multipart/form-data; boundary=x"));
        assert!(!is_json("application/jsonp"));
        assert!(!super::is_json(&HeaderMap::new()));
    }
}
