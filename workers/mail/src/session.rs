//! One SMTP session, driven step by step, so that each failure is attributed to its step.
//!
//! Every step has a time limit and one expected code. After a timeout, a broken connection or an unexpected reply
//! the session must be dropped: a late reply would be taken for that to the next mail.

use std::{future::Future, io, net::SocketAddr, time::Duration};

use lettre::{
    Address,
    transport::smtp::{
        Error,
        authentication::{Credentials, DEFAULT_MECHANISMS},
        client::AsyncSmtpConnection,
        commands::{Auth, Data, Ehlo, Mail, Quit, Rcpt, Rset, Starttls},
        extension::{ClientId, Extension, MailBodyParameter, MailParameter, ServerInfo},
        response::Response,
    },
};
use tokio::{
    net::{TcpStream, lookup_host},
    time::{Instant, timeout},
};

use super::{
    outcome::{Accepted, Cause, Phase, Reply, SendError, Trouble},
    outgoing::{Outgoing, Unsendable},
    settings::{Limits, Security, SmtpSettings},
    wire::{Tls, Wire},
};

/// A signed-in session.
pub(super) struct Session {
    connection: AsyncSmtpConnection,
    wire: Wire,
    info: ServerInfo,
    limits: Limits,
    /// The number of mails begun on it.
    pub mails: u32,
    /// When it was last used.
    pub used_at: Instant,
    /// A mail was begun but not finished: RSET is needed before the next one.
    pub unfinished: bool,
}

impl Session {
    /// Connects, greets, encrypts and signs in, according to the settings.
    pub async fn open(settings: &SmtpSettings) -> Result<Self, Trouble> {
        let limits = settings.limits;
        let tcp = connect(&settings.host, settings.port, limits.connect).await?;
        let hello = hello(settings, &tcp);
        let wire = Wire::new(tcp);
        if let Security::Implicit(tls) = &settings.security {
            encrypt(&wire, tls, limits.tls).await?;
        }
        let greeting = AsyncSmtpConnection::connect_with_transport(Box::new(wire.clone()), &hello);
        let mut connection = timeout(limits.greeting, greeting)
            .await
            .map_err(|_| Trouble::new(Phase::Greeting, Cause::TimedOut))?
            .map_err(|error| failed(Phase::Greeting, &error))?;
        let mut info = connection.server_info().clone();
        if let Security::StartTls(tls) = &settings.security {
            if !info.supports_feature(Extension::StartTls) {
                return Err(Trouble::new(Phase::StartTls, Cause::NotOffered("STARTTLS")));
            }
            step(Phase::StartTls, limits.command, &[220], connection.command(Starttls)).await?;
            encrypt(&wire, tls, limits.tls).await?;
            // What was offered before encryption cannot be trusted: ask again (RFC 3207, 4.2).
            let offer =
                step(Phase::Greeting, limits.greeting, &[250], connection.command(Ehlo::new(hello))).await?;
            info = ServerInfo::from_response(&offer).map_err(|error| failed(Phase::Greeting, &error))?;
        }
        if let Some(credentials) = &settings.credentials {
            sign_in(&mut connection, &info, credentials, limits.auth).await?;
        }
        Ok(Self { connection, wire, info, limits, mails: 0, used_at: Instant::now(), unfinished: false })
    }

    /// Whether the server has neither sent anything nor hung up since the last reply.
    pub fn is_quiet(&self) -> bool {
        self.wire.is_quiet()
    }

    /// Whether the server lets clients sign in, in a way that we know.
    pub fn offers_sign_in(&self) -> bool {
        self.info.get_auth_mechanism(DEFAULT_MECHANISMS).is_some()
    }

    /// Probes a used session with RSET, which also forgets an unfinished mail.
    pub async fn reset(&mut self) -> Result<(), SendError> {
        step(Phase::Reset, self.limits.probe, &[250], self.connection.command(Rset)).await?;
        self.unfinished = false;
        Ok(())
    }

    /// Begins a mail. Nothing is handed over yet: if a used session turns out to be dead, the caller can begin
    /// again on a new one.
    pub async fn begin(&mut self, mail: &Outgoing) -> Result<(), SendError> {
        let parameters = self.parameters(mail)?;
        self.mails += 1;
        let command = self.connection.command(Mail::new(mail.from.clone(), parameters));
        step(Phase::MailFrom, self.limits.command, &[250], command).await?;
        self.unfinished = true;
        Ok(())
    }

    /// Names the recipient and sends the mail. `may_go` is called when the relay waits for the body, the last moment when
    /// the mail can be held back; the session cannot be used after that.
    pub async fn hand_over(
        &mut self,
        mail: &Outgoing,
        may_go: impl FnOnce() -> bool,
    ) -> Result<Accepted, SendError> {
        let limits = self.limits;
        let recipient = Rcpt::new(mail.to.clone(), Vec::new());
        step(Phase::RcptTo, limits.command, &[250, 251, 252], self.connection.command(recipient)).await?;
        step(Phase::Data, limits.command, &[354], self.connection.command(Data)).await?;
        if !may_go() {
            return Err(Trouble::new(Phase::EndOfData, Cause::CallerGone).into());
        }
        let body = self.connection.message(&mail.raw);
        let answer = step(Phase::EndOfData, limits.end_of_data, &[250], body).await?;
        self.unfinished = false;
        Ok(Accepted { reply: Reply::from(&answer) })
    }

    /// Says QUIT; the reply does not matter.
    pub async fn quit(mut self) {
        let _ = timeout(self.limits.quit, self.connection.command(Quit)).await;
    }

    fn parameters(&self, mail: &Outgoing) -> Result<Vec<MailParameter>, Unsendable> {
        let mut parameters = Vec::new();
        let ascii = |address: &Address| AsRef::<str>::as_ref(address).is_ascii();
        if !mail.from.iter().chain([&mail.to]).all(ascii) {
            if !self.info.supports_feature(Extension::SmtpUtfEight) {
                return Err(Unsendable::NeedsSmtpUtf8);
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        if !mail.raw.is_ascii() {
            if !self.info.supports_feature(Extension::EightBitMime) {
                return Err(Unsendable::NeedsEightBitMime);
            }
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        Ok(parameters)
    }
}

/// Waits for the reply of one step: in time, complete, and with an expected code.
async fn step(
    phase: Phase,
    limit: Duration,
    right: &[u16],
    command: impl Future<Output = Result<Response, Error>>,
) -> Result<Response, Trouble> {
    let answer = timeout(limit, command).await.map_err(|_| Trouble::new(phase, Cause::TimedOut))?;
    let response = answer.map_err(|error| failed(phase, &error))?;
    if right.contains(&response.code().into()) {
        Ok(response)
    } else {
        Err(Trouble::new(phase, Cause::OutOfTurn(Reply::from(&response))))
    }
}

fn failed(phase: Phase, error: &Error) -> Trouble {
    let source = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    let cause = match error.status() {
        Some(code) => Cause::Reply(Reply::new(code.into(), &source)),
        // lettre's message quotes what it read, which may be anything.
        None if error.is_response() => Cause::Broken("connection closed or no SMTP answer".to_owned()),
        None => Cause::Broken(source),
    };
    Trouble::new(phase, cause)
}

/// Tries each address of the host with an equal share of the time limit, so that an unreachable one (IPv6 mostly)
/// leaves time for the others.
async fn connect(host: &str, port: u16, limit: Duration) -> Result<TcpStream, Trouble> {
    let trouble = |cause| Trouble::new(Phase::Connect, cause);
    let broken = |error: io::Error| trouble(Cause::Broken(error.to_string()));
    let found = timeout(limit, lookup_host((host, port))).await.map_err(|_| trouble(Cause::TimedOut))?;
    let addresses: Vec<SocketAddr> = found.map_err(broken)?.collect();
    let share = limit / u32::try_from(addresses.len().max(1)).unwrap_or(u32::MAX);
    let mut last = trouble(Cause::Broken("the host has no address".to_owned()));
    for address in addresses {
        match timeout(share, TcpStream::connect(address)).await {
            Ok(Ok(tcp)) => {
                // The final dot is a small packet, which must not wait for an ACK.
                tcp.set_nodelay(true).map_err(broken)?;
                return Ok(tcp);
            }
            Ok(Err(error)) => last = broken(error),
            Err(_) => last = trouble(Cause::TimedOut),
        }
    }
    Err(last)
}

/// The EHLO name: the setting, else our address on this socket (RFC 5321, 4.1.4).
fn hello(settings: &SmtpSettings, tcp: &TcpStream) -> ClientId {
    match (&settings.hello, tcp.local_addr()) {
        (Some(name), _) => ClientId::Domain(name.clone()),
        (None, Ok(SocketAddr::V4(address))) => ClientId::Ipv4(*address.ip()),
        (None, Ok(SocketAddr::V6(address))) => ClientId::Ipv6(*address.ip()),
        (None, Err(_)) => ClientId::default(),
    }
}

async fn encrypt(wire: &Wire, tls: &Tls, limit: Duration) -> Result<(), Trouble> {
    let done =
        timeout(limit, wire.encrypt(tls)).await.map_err(|_| Trouble::new(Phase::Tls, Cause::TimedOut))?;
    done.map_err(|error| {
        // A refused certificate or protocol is a fault of the settings; a lost connection is not.
        let refused = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        let cause = match refused {
            Some(why) => Cause::Untrusted(why.to_string()),
            None => Cause::Broken(error.to_string()),
        };
        Trouble::new(Phase::Tls, cause)
    })
}

/// AUTH PLAIN, else LOGIN, which takes two steps.
async fn sign_in(
    connection: &mut AsyncSmtpConnection,
    info: &ServerInfo,
    credentials: &Credentials,
    limit: Duration,
) -> Result<(), Trouble> {
    let trouble = |error: Error| failed(Phase::Auth, &error);
    let mechanism = info
        .get_auth_mechanism(DEFAULT_MECHANISMS)
        .ok_or_else(|| Trouble::new(Phase::Auth, Cause::NotOffered("AUTH PLAIN or LOGIN")))?;
    let mut command = Auth::new(mechanism, credentials.clone(), None).map_err(trouble)?;
    for _ in 0..2 {
        let answer = step(Phase::Auth, limit, &[235, 334], connection.command(command)).await?;
        if answer.has_code(235) {
            return Ok(());
        }
        command = Auth::new_from_response(mechanism, credentials.clone(), &answer).map_err(trouble)?;
    }
    step(Phase::Auth, limit, &[235], connection.command(command)).await.map(drop)
}
