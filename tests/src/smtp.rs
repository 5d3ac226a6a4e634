//! An SMTP server for tests and benchmarks: real sockets, STARTTLS and AUTH, and replies that can be changed at
//! each step while it runs. It stores what it accepts and delivers nothing.

mod protocol;
mod script;

use std::{
    io::{self, Write},
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use mail_parser::MessageParser;
use tokio::{net::TcpListener, sync::watch, task::JoinSet, time::timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use self::protocol::Conversation;
pub use self::script::{Act, Rule, Step};
use crate::authority::Authority;
use crate::wait::DEADLINE;

/// What the server offers.
#[derive(Debug, Clone)]
pub struct Options {
    /// The port of the unencrypted listener on 127.0.0.1; 0 for any free one.
    pub port: u16,
    /// User and password that are required to send mail; none: no sign-in.
    pub login: Option<(String, String)>,
    /// Whether STARTTLS is offered.
    pub starttls: bool,
    /// Whether AUTH is offered before TLS.
    pub sign_in_clear: bool,
    /// Whether AUTH PLAIN is offered beside LOGIN.
    pub plain: bool,
    /// Whether SMTPUTF8 and 8BITMIME are offered.
    pub international: bool,
    /// The delay before every reply, like that of a distant relay.
    pub delay: Duration,
    /// Whether mails are stored; benchmarks only count them.
    pub keep: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            login: Some(("guichet".to_owned(), "first password".to_owned())),
            starttls: true,
            sign_in_clear: true,
            plain: true,
            international: true,
            delay: Duration::ZERO,
            keep: true,
        }
    }
}

/// A mail that the server accepted.
#[derive(Debug, Clone)]
pub struct Mail {
    /// The number of its session, from 1.
    pub session: u32,
    /// The reverse path.
    pub from: String,
    /// The recipients.
    pub to: Vec<String>,
    /// The signed-in user.
    pub user: Option<String>,
    /// Whether it was sent over TLS.
    pub encrypted: bool,
    /// Headers and body, without dot stuffing.
    pub raw: Vec<u8>,
}

impl Mail {
    /// The parsed mail.
    pub fn parsed(&self) -> mail_parser::Message<'_> {
        MessageParser::default().parse(&self.raw).expect("an accepted mail is a mail")
    }

    /// Its `Message-ID` without brackets.
    pub fn message_id(&self) -> String {
        self.parsed().message_id().unwrap_or_default().to_owned()
    }
}

/// What has happened so far.
#[derive(Debug, Default)]
pub struct State {
    /// Accepted mails, oldest first; empty unless [`Options::keep`].
    pub mails: Vec<Mail>,
    /// How many mails were accepted.
    pub accepted: u64,
    /// The number of sessions so far.
    pub sessions: u32,
    /// The number of open sessions.
    pub open: u32,
    /// The most sessions open at once.
    pub peak: u32,
    /// Every command, as (session, verb), oldest first; empty unless [`Options::keep`].
    pub commands: Vec<(u32, String)>,
    /// Each step at which a rule was applied, oldest first.
    pub acted: Vec<Step>,
}

impl State {
    /// How often a command was received.
    pub fn count(&self, verb: &str) -> usize {
        self.commands.iter().filter(|(_, said)| said == verb).count()
    }
}

/// A running server, stopped on drop.
pub struct Sink {
    shared: Arc<Shared>,
    clear: SocketAddr,
    encrypted: SocketAddr,
    authority: Authority,
    listeners: JoinSet<()>,
}

struct Shared {
    options: Options,
    login: Mutex<Option<(String, String)>>,
    script: Mutex<script::Script>,
    /// Canceled and replaced by [`Sink::hang_up`].
    line: Mutex<(CancellationToken, &'static str)>,
    /// Incremented by [`Sink::release`].
    released: watch::Sender<u64>,
    state: watch::Sender<State>,
    tls: TlsAcceptor,
}

impl Sink {
    /// Starts a server on 127.0.0.1.
    pub async fn start(options: Options) -> Self {
        let authority = Authority::new();
        let bind =
            async |port| TcpListener::bind(("127.0.0.1", port)).await.expect("a free port on 127.0.0.1");
        let (clear, encrypted) = (bind(options.port).await, bind(0).await);
        let shared = Arc::new(Shared {
            login: Mutex::new(options.login.clone()),
            options,
            script: Mutex::default(),
            line: Mutex::new((CancellationToken::new(), "")),
            released: watch::channel(0).0,
            state: watch::channel(State::default()).0,
            tls: authority.acceptor(&[]),
        });
        let address =
            |listener: &TcpListener| listener.local_addr().expect("a bound listener has an address");
        let (clear_at, encrypted_at) = (address(&clear), address(&encrypted));
        let mut listeners = JoinSet::new();
        listeners.spawn(listen(shared.clone(), clear, false));
        listeners.spawn(listen(shared.clone(), encrypted, true));
        Self { shared, clear: clear_at, encrypted: encrypted_at, authority, listeners }
    }

    /// The address for `SMTP_URL`, unencrypted.
    pub fn url(&self) -> String {
        format!("smtp://{}{}", self.user_info(), self.clear)
    }

    /// The address for `SMTP_URL`, with STARTTLS and our authority.
    pub fn starttls_url(&self) -> String {
        format!("smtp+starttls://{}{}?ca={}", self.user_info(), self.clear, self.ca().display())
    }

    /// The address for `SMTP_URL`, with TLS from the first byte and our authority.
    pub fn smtps_url(&self) -> String {
        format!("smtps://{}{}?ca={}", self.user_info(), self.encrypted, self.ca().display())
    }

    /// The PEM file of the authority that issued the server's certificate.
    pub fn ca(&self) -> PathBuf {
        self.authority.file()
    }

    /// The unencrypted address.
    pub fn address(&self) -> SocketAddr {
        self.clear
    }

    fn user_info(&self) -> String {
        let login = self.shared.login.lock().expect("not poisoned");
        login.as_ref().map_or_else(String::new, |(user, password)| {
            format!("{}:{}@", user.replace(' ', "%20"), password.replace(' ', "%20"))
        })
    }

    /// Changes the required password; signed-in sessions stay signed in.
    pub fn rotate(&self, password: &str) {
        if let Some(login) = &mut *self.shared.login.lock().expect("not poisoned") {
            login.1 = password.to_owned();
        }
    }

    /// Adds a rule; the newest matching rule applies.
    pub fn rule(&self, rule: Rule) {
        self.shared.script.lock().expect("not poisoned").add(rule);
    }

    /// Uses this reply for a step from now on.
    pub fn reply(&self, step: Step, code: u16, text: &str) {
        self.rule(Rule::new(step, Act::Reply(code, text.to_owned())));
    }

    /// Removes all rules.
    pub fn clear(&self) {
        self.shared.script.lock().expect("not poisoned").clear();
    }

    /// Sends all replies held by [`Act::Hold`].
    pub fn release(&self) {
        self.shared.released.send_modify(|times| *times += 1);
    }

    /// Disconnects every open session after sending these words (none if empty), CRLF included.
    pub fn hang_up(&self, words: &'static str) {
        let mut line = self.shared.line.lock().expect("not poisoned");
        line.1 = words;
        let old = std::mem::replace(&mut line.0, CancellationToken::new());
        old.cancel();
    }

    /// Stops; its ports are closed when this returns.
    pub async fn stop(mut self) {
        self.hang_up("");
        self.listeners.shutdown().await;
    }

    /// Reads the state.
    pub fn see<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.shared.state.borrow())
    }

    /// The accepted mails.
    pub fn mails(&self) -> Vec<Mail> {
        self.see(|state| state.mails.clone())
    }

    /// Waits until `count` mails are accepted and returns them.
    pub async fn wait_for(&self, count: usize) -> Vec<Mail> {
        self.wait_until(|state| state.accepted >= count as u64).await;
        self.mails()
    }

    /// Waits until the state satisfies a condition.
    ///
    /// # Panics
    /// When it does not within [`DEADLINE`].
    pub async fn wait_until(&self, mut wanted: impl FnMut(&State) -> bool) {
        let mut state = self.shared.state.subscribe();
        let waited = timeout(DEADLINE, state.wait_for(|state| wanted(state))).await.map(drop);
        if waited.is_err() {
            panic!("the mail server waited in vain; it saw {:?}", self.shared.state.borrow());
        }
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.hang_up("");
    }
}

async fn listen(shared: Arc<Shared>, listener: TcpListener, encrypted: bool) {
    let mut conversations = JoinSet::new();
    loop {
        let Ok((tcp, _)) = listener.accept().await else { return };
        while conversations.try_join_next().is_some() {}
        conversations.spawn(Conversation::run(shared.clone(), tcp, encrypted));
    }
}

/// Runs as a separate program: prints the unencrypted address on one line, then answers each line of input with
/// the number of accepted mails, until the input ends.
///
/// # Errors
/// When input or output fails.
pub async fn run(options: Options) -> io::Result<()> {
    let sink = Sink::start(options).await;
    let shared = sink.shared.clone();
    let mut out = io::stdout();
    writeln!(out, "{}", sink.url())?;
    out.flush()?;
    let answering = tokio::task::spawn_blocking(move || {
        for line in io::stdin().lines() {
            line?;
            writeln!(out, "{}", shared.state.borrow().accepted)?;
            out.flush()?;
        }
        Ok(())
    });
    answering.await.map_err(io::Error::other)?
}
