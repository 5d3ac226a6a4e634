//! The live side of a server in the test's process, without a socket: the messages of its subscriptions.

use async_graphql::{Executor, Request, Response};
use futures_util::stream::{self, BoxStream, StreamExt};
use guichet_edge::{Attach, Attached};
use guichet_engine::store::Store;
use guichet_schema::shared::file::rules::Limits;
use guichet_server::graphql::attach::Sessions;
use guichet_server::graphql::batch::BatchedExecutor;
use guichet_server::graphql::deployment::Deployment;
use guichet_server::graphql::guests::Guests;
use guichet_server::graphql::{Schema, build};
use guichet_server::live::Live;
use serde_json::Value;
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::object_store::ObjectStore;
use crate::wait::DEADLINE;

/// A running live side; it stops reading feeds on drop.
pub struct LiveSide {
    _object_store: ObjectStore,
    schema: BatchedExecutor<Schema>,
    sessions: Sessions,
    _running: DropGuard,
}

/// The messages of a subscription.
pub struct Messages(BoxStream<'static, Response>);

impl LiveSide {
    /// Starts it over this store.
    ///
    /// # Panics
    /// When the default settings cannot be read.
    pub fn start(store: &Store) -> Self {
        let live = Live::new(store.clone());
        let stop = CancellationToken::new();
        tokio::spawn(live.clone().run(stop.clone()));
        let settings = crate::app::settings(&[]);
        let deployment = Deployment::new(&settings);
        let object_store = ObjectStore::folder();
        let files = object_store.files(Limits::default());
        let schema = BatchedExecutor(build(deployment.clone(), live, files));
        let sessions = Sessions { store: store.clone(), deployment, guests: Guests::default() };
        Self { _object_store: object_store, schema, sessions, _running: stop.drop_guard() }
    }

    /// Subscribes with a bearer token, or without.
    ///
    /// # Panics
    /// When the request cannot be made.
    pub async fn follow(&self, token: Option<&str>, document: &str, variables: Value) -> Messages {
        let mut request = http::Request::get("/graphql");
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let (parts, ()) = request.body(()).expect("a request is made").into_parts();
        let variables = async_graphql::Variables::from_json(variables);
        let request = Request::new(document).variables(variables);
        match self.sessions.attach(&parts, request).await {
            Ok(Attached { request, .. }) => Messages(self.schema.execute_stream(request, None)),
            Err(error) => {
                let refused = Response::from_errors(vec![error.into_server_error()]);
                Messages(stream::iter([refused]).boxed())
            }
        }
    }
}

impl Messages {
    /// The next message, errors included; none at the end.
    ///
    /// # Panics
    /// When none comes in time.
    pub async fn answer(&mut self) -> Option<Value> {
        let answer = timeout(DEADLINE, self.0.next()).await.expect("a message comes in time");
        answer.map(|answer| serde_json::to_value(answer).expect("an answer is JSON"))
    }

    /// The value of the only field in the next message.
    ///
    /// # Panics
    /// When none comes in time, or with an error.
    pub async fn told(&mut self) -> Value {
        let answer = self.answer().await.expect("the subscription goes on");
        let errors = answer.get("errors").filter(|errors| !errors.as_array().is_some_and(Vec::is_empty));
        assert!(errors.is_none(), "{answer:#}");
        let data = answer["data"].as_object().expect("an answer has data");
        data.values().next().expect("the data has a field").clone()
    }
}
