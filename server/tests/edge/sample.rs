//! A schema with one of each: something to read, something to change, and every way to fail.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_graphql::{
    Context, EmptySubscription, Error, ID, InputObject, InputValueResult, Object, Request, Scalar,
    ScalarType, Schema, Value,
};
use guichet_schema::error::Fault;
use guichet_server::edge::{ApiError, Attach, invalid_input};
use http::request::Parts;

pub type Sample = Schema<Query, Mutation, EmptySubscription>;

pub fn schema(acts: &Acts) -> Sample {
    Schema::build(Query, Mutation, EmptySubscription).data(acts.clone()).disable_suggestions().finish()
}

/// How often the mutation ran.
#[derive(Clone, Default)]
pub struct Acts(Arc<AtomicUsize>);

impl Acts {
    pub fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// Takes the viewer's name from a header, for want of sessions.
pub struct Viewer(pub String);

pub struct FromHeader;

impl Attach for FromHeader {
    async fn attach(&self, parts: &Parts, request: Request) -> Result<Request, ApiError> {
        match parts.headers.get("authorization").and_then(|value| value.to_str().ok()) {
            None => Ok(request),
            Some("Bearer down") => Err(Fault::Unavailable("SECRET pool".to_owned()).into()),
            Some("Bearer panic") => panic!("SECRET"),
            Some("Bearer expired") => Err(ApiError::unauthenticated()),
            Some(name) => Ok(request.data(Viewer(name.to_owned()))),
        }
    }
}

#[derive(Clone, Copy)]
pub struct Item(pub i32);

#[Object]
impl Item {
    async fn id(&self) -> ID {
        self.0.into()
    }

    async fn children(&self, first: Option<i32>, last: Option<i32>) -> Vec<Item> {
        (0..first.or(last).unwrap_or(1).clamp(0, 100)).map(Item).collect()
    }

    async fn parent(&self) -> Item {
        *self
    }

    async fn echo(&self, text: Option<String>) -> Option<String> {
        text
    }

    async fn twins(&self) -> [Option<Item>; 2] {
        [Some(*self); 2]
    }

    async fn fails(&self) -> Result<String, ApiError> {
        Err(ApiError::internal("an item"))
    }

    async fn maybe(&self) -> Result<Option<String>, ApiError> {
        Err(ApiError::internal("an item"))
    }
}

#[derive(InputObject)]
pub struct Filter {
    pub text: Option<String>,
    pub and: Option<Vec<Filter>>,
}

pub struct Even(i32);

#[Scalar]
impl ScalarType for Even {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::Number(number) => match number.as_i64() {
                Some(even) if even % 2 == 0 => Ok(Self(even as i32)),
                _ => Err(invalid_input("Not an even number.")),
            },
            other => Err(async_graphql::InputValueError::expected_type(other)),
        }
    }

    fn to_value(&self) -> Value {
        self.0.into()
    }
}

pub struct Query;

#[Object]
impl Query {
    async fn hello(&self) -> &str {
        "world"
    }

    async fn viewer(&self, ctx: &Context<'_>) -> Result<String, ApiError> {
        ctx.data_opt::<Viewer>().map(|viewer| viewer.0.clone()).ok_or_else(ApiError::unauthenticated)
    }

    async fn item(&self, id: ID) -> Option<Item> {
        id.parse().ok().map(Item)
    }

    async fn items(&self, first: Option<i32>, last: Option<i32>) -> Vec<Item> {
        (0..first.or(last).unwrap_or(1).clamp(0, 100)).map(Item).collect()
    }

    async fn nodes(&self, ids: Vec<ID>) -> Vec<Item> {
        ids.iter().filter_map(|id| id.parse().ok()).map(Item).collect()
    }

    async fn find(&self, filter: Option<Filter>) -> Option<String> {
        let filter = filter?;
        filter.text.or_else(|| filter.and?.pop()?.text)
    }

    async fn half(&self, of: Even) -> i32 {
        of.0 / 2
    }

    async fn small(&self, number: i32) -> i32 {
        number
    }

    async fn plain(&self) -> async_graphql::Result<String> {
        Err("SECRET".into())
    }

    async fn sourced(&self) -> async_graphql::Result<Option<String>> {
        Err(Error::new_with_source(std::io::Error::other("Failed to parse \"SECRET\": SECRET")))
    }

    async fn down(&self) -> Result<Option<String>, ApiError> {
        Err(Fault::Unavailable("SECRET pool".to_owned()).into())
    }

    async fn broken(&self) -> Option<Result<String, ApiError>> {
        Some(Err(Fault::Broken("SECRET row".to_owned()).into()))
    }

    async fn numbers(&self) -> Option<Vec<Result<i32, ApiError>>> {
        Some(vec![Ok(1), Err(ApiError::internal("a number"))])
    }

    async fn panics(&self) -> i32 {
        "x".parse().expect("SECRET")
    }

    async fn never(&self) -> String {
        std::future::pending().await
    }

    async fn long(&self) -> String {
        "a".repeat(10_000)
    }
}

pub struct Mutation;

#[Object]
impl Mutation {
    async fn act(&self, ctx: &Context<'_>) -> usize {
        ctx.data_unchecked::<Acts>().0.fetch_add(1, Ordering::SeqCst) + 1
    }

    async fn sign_in(&self, ctx: &Context<'_>) -> bool {
        ctx.append_http_header("set-cookie", "session=1; HttpOnly");
        ctx.append_http_header("set-cookie", "theme=dark");
        ctx.append_http_header("content-type", "text/html");
        true
    }
}
