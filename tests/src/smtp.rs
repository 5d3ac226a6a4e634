//! An SMTP server for tests and benches: real sockets, STARTTLS and AUTH, and answers that can be
//! changed at each step while it runs. It keeps what it accepts and delivers nothing.

mod authority;
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

pub use self::script::{Act, Rule, Step};
use self::{authority::Authority, protocol::Conversation};
use crate::wait::DEADLINE;

/// What the server offers.
#[derive(Debug, Clone)]
pub struct Options {
    /// The port of the clear listener on 127.0.0.1; 0 for any free one.
    pub port: u16,
    /// User and password; mail is refused without them. None: nobody has to sign in.
    pub login: Option<(String, String)>,
    /// Whether STARTTLS is offered.
    pub starttls: bool,
    /// Whether AUTH is offered before TLS.
    pub sign_in_clear: bool,
    /// Whether AUTH PLAIN is offered beside LOGIN.
    pub plain: bool,
    /// Whether SMTPUTF8 and 8BITMIME are offered.
    pub international: bool,
    /// Time before every answer: a relay that is far away.
    pub delay: Duration,
    /// Whether mails are kept; a bench only counts them.
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
    /// The session that brought it, counted from 1.
    pub session: u32,
    /// The reverse path.
    pub from: String,
    /// The recipients.
    pub to: Vec<String>,
    /// Who was signed in.
    pub user: Option<String>,
    /// Whether it came over TLS.
    pub encrypted: bool,
    /// Headers and body, without the dots of the transport.
    pub raw: Vec<u8>,
}

impl Mail {
    /// The mail as a reader's program sees it.
    pub fn parsed(&self) -> mail_parser::Message<'_> {
        MessageParser::default().parse(&self.raw).expect("an accepted mail is a mail")
    }

    /// Its `Message-ID` without brackets.
    pub fn message_id(&self) -> String {
        self.parsed().message_id().unwrap_or_default().to_owned()
    }
}

/// What happened so far.
#[derive(Debug, Default)]
pub struct State {
    /// Accepted mails, oldest first; empty unless [`Options::keep`].
    pub mails: Vec<Mail>,
    /// How many mails were accepted.
    pub accepted: u64,
    /// How many sessions there were.
    pub sessions: u32,
    /// How many are open.
    pub open: u32,
    /// How many were open at once at most.
    pub peak: u32,
    /// Each command that came, as (session, verb), oldest first; empty unless [`Options::keep`].
    pub commands: Vec<(u32, String)>,
    /// Each step at which a rule was carried out, oldest first.
    pub acted: Vec<Step>,
}

impl State {
    /// How often a command came.
    pub fn count(&self, verb: &str) -> usize {
        self.commands.iter().filter(|(_, said)| said == verb).count()
    }
}

/// A running server; it goes away with this value.
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
    /// Cancelled and replaced by [`Sink::hang_up`].
    line: Mutex<(CancellationToken, &'static str)>,
    /// Raised by [`Sink::release`].
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
            tls: authority.acceptor(),
        });
        let address =
            |listener: &TcpListener| listener.local_addr().expect("a bound listener has an address");
        let (clear_at, encrypted_at) = (address(&clear), address(&encrypted));
        let mut listeners = JoinSet::new();
        listeners.spawn(listen(shared.clone(), clear, false));
        listeners.spawn(listen(shared.clone(), encrypted, true));
        Self { shared, clear: clear_at, encrypted: encrypted_at, authority, listeners }
    }

    /// The address for `SMTP_URL`, in clear.
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

    /// The PEM file of the authority behind the server's certificate.
    pub fn ca(&self) -> PathBuf {
        self.authority.file()
    }

    /// The clear address.
    pub fn address(&self) -> SocketAddr {
        self.clear
    }

    fn user_info(&self) -> String {
        let login = self.shared.login.lock().expect("not poisoned");
        login.as_ref().map_or_else(String::new, |(user, password)| {
            format!("{}:{}@", user.replace(' ', "%20"), password.replace(' ', "%20"))
        })
    }

    /// Changes the password under which mail is taken; sessions signed in before go on.
    pub fn rotate(&self, password: &str) {
        if let Some(login) = &mut *self.shared.login.lock().expect("not poisoned") {
            login.1 = password.to_owned();
        }
    }

    /// Adds a rule; the newest that fits a step is carried out.
    pub fn rule(&self, rule: Rule) {
        self.shared.script.lock().expect("not poisoned").add(rule);
    }

    /// Answers a step like this from now on.
    pub fn reply(&self, step: Step, code: u16, text: &str) {
        self.rule(Rule::new(step, Act::Reply(code, text.to_owned())));
    }

    /// Forgets all rules.
    pub fn clear(&self) {
        self.shared.script.lock().expect("not poisoned").clear();
    }

    /// Lets go of all answers held by [`Act::Hold`].
    pub fn release(&self) {
        self.shared.released.send_modify(|times| *times += 1);
    }

    /// Hangs up on every open session, with these last words (none if empty), CRLF included.
    pub fn hang_up(&self, words: &'static str) {
        let mut line = self.shared.line.lock().expect("not poisoned");
        line.1 = words;
        let old = std::mem::replace(&mut line.0, CancellationToken::new());
        old.cancel();
    }

    /// Goes away: its ports are closed when this returns.
    pub async fn stop(mut self) {
        self.hang_up("");
        self.listeners.shutdown().await;
    }

    /// Looks at what happened so far.
    pub fn see<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.shared.state.borrow())
    }

    /// The accepted mails.
    pub fn mails(&self) -> Vec<Mail> {
        self.see(|state| state.mails.clone())
    }

    /// Waits until `count` mails are accepted and gives them.
    pub async fn wait_for(&self, count: usize) -> Vec<Mail> {
        self.wait_until(|state| state.accepted >= count as u64).await;
        self.mails()
    }

    /// Waits until the state is as wanted.
    ///
    /// # Panics
    /// When it is not within [`DEADLINE`].
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

/// Serves as a program of its own: prints the clear address as one line, then answers each line of
/// its input with the number of mails accepted so far, until the input ends.
///
/// # Errors
/// Input or output is broken.
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
