//! A small pool of SMTP sessions.
//!
//! A send runs in a task of its own, which owns its session: a caller that is cancelled leaves no
//! half-read session behind. A session goes back into the pool only when its last answer was clear.

use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use lettre::Message;
use tokio::{
    sync::{Semaphore, oneshot},
    time::{Instant, sleep},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::Instrument;

use super::{
    outcome::{Accepted, Cause, Fate, Phase, SendError, Trouble},
    outgoing::Outgoing,
    session::Session,
    settings::SmtpSettings,
};

type Outcome = Result<Accepted, SendError>;

/// Sends mails through one relay, over [`SmtpSettings::sessions`] sessions at most. Clones share them.
#[derive(Clone)]
pub struct Pool(Arc<Inner>);

struct Inner {
    settings: SmtpSettings,
    /// One for each session in use. A session is opened only when none is idle, so that those in use
    /// and the idle ones together never exceed the cap.
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<Session>>,
    tasks: TaskTracker,
}

impl Pool {
    /// A pool without sessions; the first mail opens one. Must be called within a tokio runtime.
    pub fn new(settings: SmtpSettings) -> Self {
        let inner = Arc::new(Inner {
            permits: Arc::new(Semaphore::new(settings.sessions)),
            idle: Mutex::new(Vec::new()),
            tasks: TaskTracker::new(),
            settings,
        });
        tokio::spawn(retire_idle(Arc::downgrade(&inner)));
        Self(inner)
    }

    /// Sends one mail to its one recipient and says what became of it.
    ///
    /// Waits for a free session. If the caller goes away before the body is on its way, the mail is
    /// held back; after that it is delivered though nobody hears of it, and a repeated try with the
    /// same `Message-ID` makes a second copy. So a caller should wait for [`super::Limits::total`].
    ///
    /// # Errors
    /// [`SendError`] says whether to retry.
    pub async fn send(&self, message: &Message) -> Outcome {
        self.send_unless(&CancellationToken::new(), message).await
    }

    /// The same for a caller that stays when the mail is given up: before the body is on its way the
    /// mail is held back, after that the caller hears what became of it.
    ///
    /// # Errors
    /// As of [`Pool::send`].
    pub async fn send_unless(&self, given_up: &CancellationToken, message: &Message) -> Outcome {
        let mail = Outgoing::try_from(message)?;
        let closing = |_| Trouble::new(Phase::Connect, Cause::Closing);
        let permit = given_up.run_until_cancelled(self.0.permits.clone().acquire_owned()).await;
        let permit = permit.ok_or(Trouble::new(Phase::Connect, Cause::CallerGone))?.map_err(closing)?;
        let given_up = given_up.clone();
        let (caller, outcome) = oneshot::channel();
        let inner = self.0.clone();
        let task = async move {
            inner.carry(&mail, &given_up, caller).await;
            drop(permit);
        };
        self.0.tasks.spawn(task.in_current_span());
        let ended = |_| Trouble::new(Phase::EndOfData, Cause::Broken("the sending task ended".to_owned()));
        outcome.await.map_err(ended)?
    }

    /// Lets the mails on their way finish, then says goodbye on every session. Mails asked for after
    /// this are to be retried.
    pub async fn close(&self) {
        self.0.permits.close();
        self.0.tasks.close();
        self.0.tasks.wait().await;
        let idle = mem::take(&mut *self.0.idle());
        futures_util::future::join_all(idle.into_iter().map(Session::quit)).await;
    }
}

impl Inner {
    fn idle(&self) -> MutexGuard<'_, Vec<Session>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn carry(&self, mail: &Outgoing, given_up: &CancellationToken, caller: oneshot::Sender<Outcome>) {
        let abandoned = || caller.is_closed() || given_up.is_cancelled();
        let (session, outcome) = self.attempt(mail, abandoned).await;
        // The session is back in the pool before its caller goes on, and so can serve the next mail.
        let spare = session.and_then(|session| self.park(session, &outcome));
        // A caller that went away has no use for the outcome.
        let _ = caller.send(outcome);
        if let Some(session) = spare {
            session.quit().await;
        }
    }

    async fn attempt(&self, mail: &Outgoing, abandoned: impl Fn() -> bool) -> (Option<Session>, Outcome) {
        let (mut session, begun) = match self.begin(mail).await {
            Ok(begun) => begun,
            Err(trouble) => return (None, Err(trouble.into())),
        };
        let outcome = match begun {
            Ok(()) => session.hand_over(mail, abandoned).await,
            Err(error) => Err(error),
        };
        (Some(session), outcome)
    }

    /// Begins the mail on an idle session; if that one cannot, on a fresh one, whose answer counts.
    async fn begin(&self, mail: &Outgoing) -> Result<(Session, Result<(), SendError>), Trouble> {
        if let Some(mut session) = self.take_idle() {
            match self.begin_again(&mut session, mail).await {
                Err(error) if !matches!(error, SendError::Invalid(_)) => {
                    tracing::debug!(%error, "idle SMTP session replaced");
                    if error.fate() == Fate::Quit {
                        session.quit().await;
                    }
                }
                begun => return Ok((session, begun)),
            }
        }
        let mut session = Session::open(&self.settings).await?;
        let begun = session.begin(mail).await;
        Ok((session, begun))
    }

    async fn begin_again(&self, session: &mut Session, mail: &Outgoing) -> Result<(), SendError> {
        // Just used, it needs no question: MAIL FROM finds out as well, a round trip cheaper.
        if session.unfinished || session.used_at.elapsed() >= self.settings.probe_after {
            session.reset().await?;
        }
        session.begin(mail).await
    }

    /// The session used last, so that the others can grow old and go.
    fn take_idle(&self) -> Option<Session> {
        let session = self.idle().pop()?;
        let usable = session.used_at.elapsed() < self.settings.idle && session.is_quiet();
        usable.then_some(session)
    }

    /// Keeps a session for the next mail, or gives it back when it should say goodbye.
    fn park(&self, mut session: Session, outcome: &Outcome) -> Option<Session> {
        let worn = session.mails >= self.settings.mails_per_session;
        match outcome.as_ref().map_or_else(SendError::fate, |_| Fate::Keep) {
            Fate::Keep if !worn => {
                session.used_at = Instant::now();
                self.idle().push(session);
                None
            }
            Fate::Keep | Fate::Quit => Some(session),
            Fate::Drop => None,
        }
    }

    /// The session idle longest, if its time is over.
    fn take_retired(&self) -> Option<Session> {
        let mut idle = self.idle();
        let oldest = idle.first()?;
        (oldest.used_at.elapsed() >= self.settings.idle).then(|| idle.remove(0))
    }
}

/// Says goodbye to sessions that nobody used for a while, until the pool is gone.
async fn retire_idle(pool: Weak<Inner>) {
    loop {
        let Some(inner) = pool.upgrade() else { return };
        // Under a permit, because the session counts until it has gone.
        while let Ok(_permit) = inner.permits.try_acquire() {
            let Some(session) = inner.take_retired() else { break };
            session.quit().await;
        }
        let pause = inner.settings.idle / 2;
        drop(inner);
        sleep(pause).await;
    }
}
