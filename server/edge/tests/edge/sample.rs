//! A sample schema with a query, a mutation and a subscription of each kind, and every way to fail.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_graphql::{
    Context, Enum, Error, ID, InputObject, InputValueResult, Object, OneofObject, Request, Scalar,
    ScalarType, Schema, Subscription, Value,
};
use axum::extract::ConnectInfo;
use futures_util::stream::{self, BoxStream, Stream, StreamExt};
use guichet_base::error::Fault;
use guichet_base::locale::Locale;
use guichet_edge::{
    Admit, Admitted, ApiError, Attach, Attached, Close, Guest, RequestId, Whose, invalid_input,
    wanted_language,
};
use http::request::Parts;
use tokio::sync::{Mutex, Semaphore, broadcast, watch};
use uuid::Uuid;

pub type Sample = Schema<Query, Mutation, Changes>;

pub fn schema(acts: &Acts) -> Sample {
    Schema::build(Query, Mutation, Changes).data(acts.clone()).disable_suggestions().finish()
}

/// The state of the sample, and the controls of the tests.
#[derive(Clone)]
pub struct Acts(Arc<Inner>);

struct Inner {
    done: AtomicUsize,
    /// Releases `hold`.
    go: Semaphore,
    /// The lock that `share` holds.
    shared: Mutex<()>,
    /// The source of `news`.
    news: broadcast::Sender<i32>,
    /// The number of open subscriptions and held mutations.
    followers: watch::Sender<usize>,
    /// The number of messages that `flood` has sent.
    flooded: AtomicUsize,
    /// Disconnects all clients.
    leave: watch::Sender<Option<Close>>,
}

impl Default for Acts {
    fn default() -> Self {
        Self(Arc::new(Inner {
            done: AtomicUsize::new(0),
            go: Semaphore::new(0),
            shared: Mutex::default(),
            news: broadcast::Sender::new(16),
            followers: watch::Sender::new(0),
            flooded: AtomicUsize::new(0),
            leave: watch::Sender::new(None),
        }))
    }
}

impl Acts {
    /// How often the mutation ran.
    pub fn count(&self) -> usize {
        self.0.done.load(Ordering::SeqCst)
    }

    pub fn go_on(&self) {
        self.0.go.add_permits(1);
    }

    pub fn tell(&self, news: i32) {
        self.0.news.send(news).unwrap();
    }

    /// Waits until so many subscriptions are open and mutations are held.
    pub async fn followers(&self, wanted: usize) {
        self.0.followers.subscribe().wait_for(|open| *open == wanted).await.unwrap();
    }

    pub fn flooded(&self) -> usize {
        self.0.flooded.load(Ordering::SeqCst)
    }

    pub fn leave(&self, close: Close) {
        self.0.leave.send_replace(Some(close));
    }

    fn follow(&self) -> Follower {
        self.0.followers.send_modify(|open| *open += 1);
        Follower(self.clone())
    }

    /// A stream that counts as open until it is dropped.
    fn followed<T>(&self, stream: impl Stream<Item = T> + Send + 'static) -> BoxStream<'static, T> {
        let follower = self.follow();
        stream
            .map(move |item| {
                let _is_there = &follower;
                item
            })
            .boxed()
    }
}

/// Counts as open until it is dropped.
struct Follower(Acts);

impl Drop for Follower {
    fn drop(&mut self) {
        self.0.0.followers.send_modify(|open| *open -= 1);
    }
}

/// Takes the viewer's name from a header, because the sample has no sessions.
pub struct Viewer(pub String);

#[derive(Clone, Default)]
pub struct FromHeader(pub Acts);

fn named(parts: &Parts) -> Option<&str> {
    parts.headers.get("authorization").and_then(|value| value.to_str().ok())
}

/// In place of an id, the name.
fn whose(name: &str) -> Whose {
    Whose { account: Some(name.to_owned()), firm: Some("the firm".to_owned()) }
}

/// An account whose name ends in a language, as in `Anna@fr`, speaks that one, whatever the headers say.
fn locale(parts: &Parts) -> Locale {
    let account = named(parts).and_then(|name| Locale::parse(name.split_once('@')?.1));
    account.or_else(|| wanted_language(&parts.headers)).unwrap_or(Locale::En)
}

impl Attach for FromHeader {
    async fn attach(&self, parts: &Parts, request: Request) -> Result<Attached, ApiError> {
        let locale = locale(parts);
        match named(parts) {
            None => Ok(Attached { request, locale, whose: Whose::default() }),
            Some("Bearer down") => Err(Fault::Unavailable("SECRET pool".to_owned()).into()),
            Some("Bearer panic") => panic!("SECRET"),
            Some("Bearer expired") => Err(ApiError::unauthenticated()),
            Some(name) => {
                let request = request.data(Viewer(name.to_owned()));
                Ok(Attached { request, locale, whose: whose(name) })
            }
        }
    }
}

impl Admit for FromHeader {
    type Guest = Named;

    fn client(&self, parts: &Parts) -> Option<IpAddr> {
        parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip())
    }

    async fn admit(&self, parts: &Parts) -> Result<Admitted<Named>, ApiError> {
        let cookie = parts.headers.get("cookie").and_then(|value| value.to_str().ok());
        let name = match named(parts).or(cookie) {
            Some("Bearer down") => return Err(Fault::Unavailable("SECRET pool".to_owned()).into()),
            Some("Bearer broken") => return Err(Fault::Broken("SECRET row".to_owned()).into()),
            None | Some("Bearer expired") => return Err(ApiError::unauthenticated()),
            Some("Bearer slow") => std::future::pending().await,
            Some(name) => name,
        };
        let mut leave = self.0.0.leave.subscribe();
        let ended = Box::pin(async move {
            leave.wait_for(Option::is_some).await.ok().and_then(|close| close.clone()).unwrap()
        });
        let session = Uuid::from_u128(name.bytes().map(u128::from).sum());
        let locale = locale(parts);
        let guest = Named { name: name.to_owned(), locale, asked: AtomicUsize::new(0) };
        Ok(Admitted { guest, locale, whose: whose(name), session, ended })
    }
}

/// An admitted client, and the number of its operations.
pub struct Named {
    name: String,
    locale: Locale,
    asked: AtomicUsize,
}

impl Guest for Named {
    async fn attach(&self, _: &RequestId, request: Request) -> Result<Attached, ApiError> {
        let asked = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        if self.name == "Bearer once" && asked > 1 {
            return Err(ApiError::unauthenticated());
        }
        let request = request.data(Viewer(format!("{} {asked}", self.name)));
        Ok(Attached { request, locale: self.locale, whose: whose(&self.name) })
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

    /// Half of a number.
    async fn half(&self, of: Even) -> i32 {
        of.0 / 2
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

#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    Red,
    Green,
}

#[derive(OneofObject)]
pub enum Place {
    Row(i32),
    Name(String),
}

#[derive(InputObject)]
pub struct Paint {
    pub colours: Vec<Colour>,
    #[graphql(default = 1)]
    pub coats: i32,
    pub at: Option<Place>,
    pub number: Option<Even>,
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

    /// The number of coats, of all colours.
    async fn paint(&self, with: Vec<Paint>) -> i32 {
        with.iter().map(|paint| paint.coats * paint.colours.len() as i32).sum()
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

    /// Holds a shared lock until the test releases it.
    async fn share(&self, ctx: &Context<'_>) -> bool {
        let acts = ctx.data_unchecked::<Acts>();
        let _follower = acts.follow();
        let _held = acts.0.shared.lock().await;
        acts.0.go.acquire().await.unwrap().forget();
        true
    }

    async fn long(&self) -> String {
        "a".repeat(10_000)
    }
}

pub struct Mutation;

#[Object]
impl Mutation {
    async fn act(&self, ctx: &Context<'_>) -> usize {
        ctx.data_unchecked::<Acts>().0.done.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// Waits until the test releases it.
    async fn hold(&self, ctx: &Context<'_>) -> usize {
        let acts = ctx.data_unchecked::<Acts>();
        let _follower = acts.follow();
        acts.0.go.acquire().await.unwrap().forget();
        acts.0.done.fetch_add(1, Ordering::SeqCst) + 1
    }

    async fn sign_in(&self, ctx: &Context<'_>) -> bool {
        ctx.append_http_header("set-cookie", "session=1; HttpOnly");
        ctx.append_http_header("set-cookie", "theme=dark");
        ctx.append_http_header("content-type", "text/html");
        true
    }
}

pub struct Changes;

#[Subscription]
impl Changes {
    /// The numbers below this one.
    async fn count(&self, ctx: &Context<'_>, to: i32) -> BoxStream<'static, i32> {
        ctx.data_unchecked::<Acts>().followed(stream::iter(0..to))
    }

    /// Messages sent by the test.
    async fn news(&self, ctx: &Context<'_>) -> BoxStream<'static, Item> {
        let acts = ctx.data_unchecked::<Acts>();
        let news = acts.0.news.subscribe();
        acts.followed(stream::unfold(news, async |mut news| Some((Item(news.recv().await.ok()?), news))))
    }

    /// Many messages, as fast as they are received.
    async fn flood(&self, ctx: &Context<'_>) -> BoxStream<'static, String> {
        let acts = ctx.data_unchecked::<Acts>();
        let counted = acts.clone();
        acts.followed(stream::repeat_with(move || {
            counted.0.flooded.fetch_add(1, Ordering::SeqCst);
            "a".repeat(16 << 10)
        }))
    }

    async fn closed(&self) -> Result<BoxStream<'static, i32>, ApiError> {
        Err(ApiError::unauthenticated())
    }

    async fn broken(&self) -> BoxStream<'static, Result<i32, ApiError>> {
        stream::iter([Ok(1), Err(ApiError::internal("SECRET")), Ok(3)]).boxed()
    }

    async fn down(&self) -> BoxStream<'static, Result<i32, ApiError>> {
        stream::iter([Ok(1), Err(Fault::Unavailable("SECRET pool".to_owned()).into()), Ok(3)]).boxed()
    }

    /// The numbers after this one; the next one cannot be resolved.
    async fn missed(&self, after: i32) -> BoxStream<'static, Result<i32, ApiError>> {
        stream::iter([Err(Fault::Unavailable("SECRET pool".to_owned()).into()), Ok(after + 2)]).boxed()
    }

    async fn panicking(&self) -> BoxStream<'static, i32> {
        stream::iter(0..3).map(|number| if number == 1 { panic!("SECRET") } else { number }).boxed()
    }

    async fn whoami(&self, ctx: &Context<'_>) -> BoxStream<'static, String> {
        stream::iter([ctx.data_unchecked::<Viewer>().0.clone()]).boxed()
    }
}
