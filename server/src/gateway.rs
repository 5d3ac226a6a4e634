//! The HTTP side of a process: GraphQL over HTTP and websockets, exports, probes and, if enabled, GraphiQL and the
//! page of caught mails.

use std::convert::Infallible;

use axum::Router;
use axum::response::Redirect;
use axum::routing::get;
use guichet_edge::{ConnectionLimits, EdgeSettings, Graphiql, Hosts, Origin, SocketLimits, Sockets, hosted};
use guichet_engine::store::Store;
use guichet_mail::Catcher;
use guichet_queue::Health;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::files::{self, Files};
use crate::graphql;
use crate::graphql::attach::Sessions;
use crate::graphql::batch::BatchedExecutor;
use crate::graphql::deployment::Deployment;
use crate::graphql::guests::Guests;
use crate::live::Live;
use crate::parts::Parts;
use crate::settings::Settings;
use crate::{calendar, mail_page, open_files, probes, transfers};

/// The initial text of GraphiQL's editor.
const WELCOME: &str = include_str!("welcome.graphql");

/// What the routes need.
#[derive(Clone)]
pub struct Gateway {
    /// The store of the business.
    pub store: Store,
    /// The feeds that subscriptions follow; they must be kept running.
    pub live: Live,
    /// The folder of caught mails, if mails are caught.
    pub catcher: Option<Catcher>,
    /// The workers of this process, if it has some.
    pub workers: Option<Health>,
    /// The file store.
    pub files: Files,
    /// The services that the process can do without for a while.
    pub parts: Parts,
}

impl Gateway {
    /// All routes, for requests that arrive without our listener.
    pub fn router(self, settings: &Settings) -> Router {
        self.routes(settings, Guests::default(), &Sockets::new(CancellationToken::new()))
    }

    /// Answers requests until `stop`, then completes those in progress and closes the websockets.
    pub fn serve(
        self,
        listener: TcpListener,
        settings: &Settings,
        stop: CancellationToken,
    ) -> impl Future<Output = Result<(), Infallible>> + Send + use<> {
        let (guests, sockets) = (Guests::default(), Sockets::new(stop.clone()));
        let store = self.store.clone();
        let limits = ConnectionLimits::default();
        let limits = ConnectionLimits {
            per_client: settings.client_connections,
            // The rest is for websockets, see below, and for what the process opens itself.
            in_all: limits.in_all.min(open_files::most() / 5),
            proxies: settings.trusted_proxies.clone(),
            ..limits
        };
        let hosts = if settings.trial { Hosts::Loopback } else { Hosts::Any };
        let router = hosted(self.routes(settings, guests.clone(), &sockets), hosts);
        async move {
            let served = async {
                guichet_edge::serve(listener, router, limits, stop).await;
                // The HTTP server no longer tracks websockets once they are upgraded.
                sockets.closed().await;
            };
            tokio::select! {
                () = served => Ok(()),
                never = guests.look_after(&store) => match never {},
            }
        }
    }

    fn routes(self, settings: &Settings, guests: Guests, sockets: &Sockets) -> Router {
        transfers::begin();
        let deployment = Deployment::new(settings);
        let socket_limits = SocketLimits::default();
        let edge = EdgeSettings {
            graphiql: settings.graphiql.then(|| Graphiql {
                modules: settings.graphiql_modules.clone(),
                welcome: WELCOME.to_owned(),
            }),
            introspection: settings.introspection,
            scalars: graphql::scalars::scalars(),
            allowed_origins: origins(settings),
            secure_cookies: deployment.secure_cookies,
            sockets: SocketLimits {
                sockets: socket_limits.sockets.min(open_files::most() / 10 * 7),
                per_client: settings.client_connections,
                waiting_per_client: (settings.client_connections / 10).max(1),
                ..socket_limits
            },
            ..EdgeSettings::default()
        };
        let sessions = Sessions { store: self.store.clone(), deployment, guests };
        let schema =
            BatchedExecutor(graphql::build(sessions.deployment.clone(), self.live, self.files.clone()));
        let mut routes = guichet_edge::router(schema, &edge, sessions.clone(), sockets)
            .merge(graphql::export::router(sessions))
            .merge(calendar::router(self.store.clone()))
            .merge(files::router(&self.files, self.store.clock.clone()))
            .merge(probes::router(probes::Probes::new(self.store, self.workers, self.parts)));
        if let Some(catcher) = self.catcher {
            routes = routes.merge(mail_page::router(catcher));
        }
        if settings.graphiql {
            routes = routes.route("/", get(|| async { Redirect::to("/graphiql") }));
        }
        guichet_edge::layered(routes, &edge)
    }
}

/// The allowed origins, including our own public address: behind a proxy, `Host` may be another name.
pub(crate) fn origins(settings: &Settings) -> Vec<Origin> {
    // Settings accept only addresses with an origin.
    let own = settings.public_url.as_ref().map(|url| url.origin().ascii_serialization().parse());
    settings.allowed_origins.iter().cloned().chain(own.into_iter().flatten()).collect()
}
