//! One session of the SMTP server.

use std::{io, mem, sync::Arc};

use data_encoding::BASE64;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader, empty, sink},
    net::TcpStream,
    time::sleep,
};

use super::{
    Mail, Shared,
    script::{Act, Step},
};

trait Socket: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Socket for T {}

type Stream = BufReader<Box<dyn Socket>>;

/// The session is over, for whatever reason.
struct Over;

impl From<io::Error> for Over {
    fn from(_: io::Error) -> Self {
        Self
    }
}

/// The state of one session.
pub(super) struct Conversation {
    shared: Arc<Shared>,
    session: u32,
    encrypted: bool,
    user: Option<String>,
    from: Option<String>,
    to: Vec<String>,
    /// Bytes to send together with the next reply.
    also: String,
    /// Whether the next reply is sent in Latin-1.
    latin1: bool,
}

impl Conversation {
    /// Serves a connection until it ends.
    pub async fn run(shared: Arc<Shared>, tcp: TcpStream, encrypted: bool) {
        let hung_up = shared.line.lock().expect("not poisoned").0.clone();
        let mut session = 0;
        shared.state.send_modify(|state| {
            state.sessions += 1;
            state.open += 1;
            state.peak = state.peak.max(state.open);
            session = state.sessions;
        });
        let mut this = Self {
            shared: shared.clone(),
            session,
            encrypted,
            user: None,
            from: None,
            to: Vec::new(),
            also: String::new(),
            latin1: false,
        };
        let _ = tcp.set_nodelay(true);
        let mut stream: Stream = BufReader::new(Box::new(tcp));
        tokio::select! {
            Err(Over) = this.converse(&mut stream) => {}
            () = hung_up.cancelled() => {
                let words = shared.line.lock().expect("not poisoned").1;
                let _ = stream.write_all(words.as_bytes()).await;
                let _ = stream.flush().await;
            }
        }
        drop(stream);
        shared.state.send_modify(|state| state.open -= 1);
    }

    async fn converse(&mut self, stream: &mut Stream) -> Result<(), Over> {
        if self.encrypted {
            self.encrypt(stream).await?;
        }
        if self.answer(stream, Step::Connect, 220, "sink ESMTP").await? >= 400 {
            return Err(Over);
        }
        loop {
            let line = read_line(stream).await?;
            let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
            let verb = verb.to_ascii_uppercase();
            if self.shared.options.keep {
                self.shared.state.send_modify(|state| state.commands.push((self.session, verb.clone())));
            }
            match &*verb {
                "EHLO" => {
                    self.forget();
                    let offer = self.offer();
                    self.answer(stream, Step::Ehlo, 250, &offer).await?;
                }
                "STARTTLS" if !self.encrypted => {
                    if self.answer(stream, Step::StartTls, 220, "go ahead").await? == 220 {
                        self.encrypt(stream).await?;
                    }
                }
                "AUTH" => self.sign_in(stream, rest).await?,
                "MAIL" => self.mail(stream, rest).await?,
                "RCPT" => self.rcpt(stream, rest).await?,
                "DATA" => self.data(stream).await?,
                "RSET" => {
                    self.forget();
                    self.answer(stream, Step::Reset, 250, "forgotten").await?;
                }
                "NOOP" => self.say(stream, 250, "fine").await?,
                "QUIT" => {
                    self.say(stream, 221, "bye").await?;
                    return Err(Over);
                }
                _ => self.say(stream, 500, "what?").await?,
            }
        }
    }

    fn offer(&self) -> String {
        let options = &self.shared.options;
        let mut offer = vec!["sink"];
        if options.international {
            offer.extend(["8BITMIME", "SMTPUTF8"]);
        }
        if options.starttls && !self.encrypted {
            offer.push("STARTTLS");
        }
        if options.login.is_some() && (self.encrypted || options.sign_in_clear) {
            offer.push(if options.plain { "AUTH PLAIN LOGIN" } else { "AUTH LOGIN" });
        }
        offer.join("\n")
    }

    fn forget(&mut self) {
        self.from = None;
        self.to.clear();
    }

    async fn encrypt(&mut self, stream: &mut Stream) -> Result<(), Over> {
        let nothing: Box<dyn Socket> = Box::new(tokio::io::join(empty(), sink()));
        let clear = mem::replace(stream, BufReader::new(nothing)).into_inner();
        let tls = self.shared.tls.accept(clear).await?;
        *stream = BufReader::new(Box::new(tls));
        self.encrypted = true;
        Ok(())
    }

    async fn sign_in(&mut self, stream: &mut Stream, rest: &str) -> Result<(), Over> {
        let (user, password) = match rest.split_once(' ').unwrap_or((rest, "")) {
            ("PLAIN", words) => {
                let words = decode(words)?;
                let mut words = words.split('\0').skip(1).map(ToOwned::to_owned);
                (words.next().ok_or(Over)?, words.next().ok_or(Over)?)
            }
            ("LOGIN", _) => {
                self.say(stream, 334, &BASE64.encode(b"Username:")).await?;
                let user = decode(&read_line(stream).await?)?;
                self.say(stream, 334, &BASE64.encode(b"Password:")).await?;
                (user, decode(&read_line(stream).await?)?)
            }
            _ => return self.say(stream, 504, "5.5.4 not offered").await,
        };
        let right = *self.shared.login.lock().expect("not poisoned") == Some((user.clone(), password));
        let (code, text) = if right { (235, "2.7.0 welcome") } else { (535, "5.7.8 wrong user or password") };
        if self.answer(stream, Step::Auth, code, text).await? == 235 {
            self.user = Some(user);
        }
        Ok(())
    }

    async fn mail(&mut self, stream: &mut Stream, rest: &str) -> Result<(), Over> {
        if self.shared.options.login.is_some() && self.user.is_none() {
            return self.say(stream, 530, "5.7.0 sign in first").await;
        }
        if self.from.is_some() {
            return self.say(stream, 503, "5.5.1 one at a time").await;
        }
        // Set first, because rules may depend on the sender, accepted or not.
        self.from = Some(path(rest));
        if self.answer(stream, Step::Mail, 250, "2.1.0 fine").await? != 250 {
            self.from = None;
        }
        Ok(())
    }

    async fn rcpt(&mut self, stream: &mut Stream, rest: &str) -> Result<(), Over> {
        if self.from.is_none() {
            return self.say(stream, 503, "5.5.1 MAIL first").await;
        }
        // Added first, because rules may depend on the recipient, accepted or not.
        self.to.push(path(rest));
        if self.answer(stream, Step::Rcpt, 250, "2.1.5 fine").await? != 250 {
            self.to.pop();
        }
        Ok(())
    }

    async fn data(&mut self, stream: &mut Stream) -> Result<(), Over> {
        if self.to.is_empty() {
            return self.say(stream, 503, "5.5.1 RCPT first").await;
        }
        if self.answer(stream, Step::Data, 354, "go ahead").await? != 354 {
            return Ok(());
        }
        let raw = read_body(stream).await?;
        let mail = Mail {
            session: self.session,
            from: self.from.take().unwrap_or_default(),
            to: self.to.clone(),
            user: self.user.clone(),
            encrypted: self.encrypted,
            raw,
        };
        let (code, text) =
            self.decide(stream, Step::EndOfData, 250, "2.0.0 queued").await.inspect_err(|over| {
                if let End::Kept = over {
                    self.accept(mail.clone());
                }
            })?;
        self.to.clear();
        if code == 250 {
            self.accept(mail);
        }
        self.say(stream, code, &text).await
    }

    fn accept(&self, mail: Mail) {
        let keep = self.shared.options.keep;
        self.shared.state.send_modify(|state| {
            state.accepted += 1;
            if keep {
                state.mails.push(mail);
            }
        });
    }

    /// Sends the usual reply of a step, or that of the script; returns the code that was sent.
    async fn answer(&mut self, stream: &mut Stream, step: Step, code: u16, text: &str) -> Result<u16, Over> {
        let (code, text) = self.decide(stream, step, code, text).await?;
        self.say(stream, code, &text).await?;
        Ok(code)
    }

    async fn decide(
        &mut self,
        stream: &mut Stream,
        step: Step,
        code: u16,
        text: &str,
    ) -> Result<(u16, String), End> {
        let usual = (code, text.to_owned());
        let act = self.shared.script.lock().expect("not poisoned").next(step, self.from.as_deref(), &self.to);
        let Some(act) = act else { return Ok(usual) };
        let mut released = self.shared.released.subscribe();
        self.shared.state.send_modify(|state| state.acted.push(step));
        match act {
            Act::Reply(code, text) => Ok((code, text)),
            Act::Latin1(code, text) => {
                self.latin1 = true;
                Ok((code, text))
            }
            Act::Slow(time) => {
                sleep(time).await;
                Ok(usual)
            }
            Act::Hold => {
                let _ = released.changed().await;
                Ok(usual)
            }
            Act::Also(more) => {
                self.also = more;
                Ok(usual)
            }
            Act::Hang => {
                let _ = tokio::io::copy(stream, &mut sink()).await;
                Err(End::Over)
            }
            Act::Drop => Err(End::Over),
            Act::KeepAndDrop => Err(End::Kept),
        }
    }

    async fn say(&mut self, stream: &mut Stream, code: u16, text: &str) -> Result<(), Over> {
        if !self.shared.options.delay.is_zero() {
            sleep(self.shared.options.delay).await;
        }
        let mut answer = String::new();
        let mut lines = text.split('\n').peekable();
        while let Some(line) = lines.next() {
            let mark = if lines.peek().is_some() { '-' } else { ' ' };
            answer.push_str(&format!("{code}{mark}{line}\r\n"));
        }
        answer.push_str(&mem::take(&mut self.also));
        let latin1 = mem::take(&mut self.latin1);
        let narrow = |c: char| u8::try_from(u32::from(c)).unwrap_or(b'?');
        let bytes = if latin1 { answer.chars().map(narrow).collect() } else { answer.into_bytes() };
        stream.write_all(&bytes).await?;
        stream.flush().await?;
        if code == 421 { Err(Over) } else { Ok(()) }
    }
}

/// How a rule ends a session.
enum End {
    Over,
    /// The mail that was just received counts as accepted.
    Kept,
}

impl From<End> for Over {
    fn from(_: End) -> Self {
        Self
    }
}

async fn read_line(stream: &mut Stream) -> Result<String, Over> {
    let mut line = Vec::new();
    if stream.read_until(b'\n', &mut line).await? == 0 {
        return Err(Over);
    }
    Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
}

async fn read_body(stream: &mut Stream) -> Result<Vec<u8>, Over> {
    let mut body = Vec::new();
    loop {
        let start = body.len();
        if stream.read_until(b'\n', &mut body).await? == 0 {
            return Err(Over);
        }
        if &body[start..] == b".\r\n" {
            body.truncate(start);
            return Ok(body);
        }
        if body[start] == b'.' {
            body.remove(start);
        }
    }
}

fn decode(words: &str) -> Result<String, Over> {
    let bytes = BASE64.decode(words.as_bytes()).map_err(|_| Over)?;
    String::from_utf8(bytes).map_err(|_| Over)
}

/// The address between the angle brackets.
fn path(rest: &str) -> String {
    let start = rest.find('<').map_or(0, |at| at + 1);
    let end = rest.find('>').unwrap_or(rest.len());
    rest[start..end.max(start)].to_owned()
}
