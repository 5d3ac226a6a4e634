//! A pool of SMTP sessions.
//!
//! Each send runs in its own task, which owns its session; when the caller gives up, the connection is closed at once,
//! wherever it is. A session returns to the pool only when its last reply was unambiguous.

use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use lettre::Message;
use tokio::{
    sync::{Notify, Semaphore, oneshot},
    time::{Instant, sleep, timeout},
};
use tokio_util::task::{TaskTracker, task_tracker::TaskTrackerToken};
use tracing::Instrument;

use super::{
    outcome::{Accepted, Cause, Fate, Phase, SendError, Trouble},
    outgoing::Outgoing,
    session::Session,
    settings::SmtpSettings,
};

type SendResult = Result<Accepted, SendError>;

/// Sends mails through one relay, over at most [`SmtpSettings::sessions`] sessions. Clones share them.
#[derive(Clone)]
pub struct Pool(Arc<Inner>);

struct Inner {
    settings: SmtpSettings,
    /// One permit per session in use. A session is opened only when none is idle, so those in use and the idle
    /// ones together never exceed the limit.
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<Session>>,
    tasks: TaskTracker,
    suspected: Notify,
}

impl Pool {
    /// A pool without sessions; the first mail opens one. Requires a tokio runtime.
    pub fn new(settings: SmtpSettings) -> Self {
        let inner = Arc::new(Inner {
            permits: Arc::new(Semaphore::new(settings.sessions)),
            idle: Mutex::new(Vec::new()),
            tasks: TaskTracker::new(),
            suspected: Notify::new(),
            settings,
        });
        tokio::spawn(retire_idle(Arc::downgrade(&inner)));
        Self(inner)
    }

    /// Sends a mail to its one recipient and returns the outcome.
    ///
    /// Waits for a free session. If the caller is canceled before the body is sent, the mail is held back; after
    /// that the relay may have taken it although nobody records it, and another attempt with the same `Message-ID`
    /// sends a second copy. So callers should wait for [`super::Limits::total`].
    ///
    /// # Errors
    /// [`SendError`] says whether to retry.
    pub async fn send(&self, message: &Message) -> SendResult {
        self.send_if(message, || true).await
    }

    /// As [`Pool::send`]; `may_go` is called right before the body is sent, when the relay waits for it, and if it
    /// returns false, the mail is held back.
    ///
    /// # Errors
    /// [`SendError`] says whether to retry.
    pub async fn send_if(
        &self,
        message: &Message,
        may_go: impl FnOnce() -> bool + Send + 'static,
    ) -> SendResult {
        let mail = Outgoing::try_from(message)?;
        let closing = |_| Trouble::new(Phase::Connect, Cause::Closing);
        let permit = self.0.permits.clone().acquire_owned().await.map_err(closing)?;
        let (caller, outcome) = oneshot::channel();
        let inner = self.0.clone();
        let task = async move {
            inner.carry(&mail, caller, may_go).await;
            drop(permit);
        };
        self.0.tasks.spawn(task.in_current_span());
        let ended = |_| Trouble::new(Phase::EndOfData, Cause::Broken("the sending task ended".to_owned()));
        outcome.await.map_err(ended)?
    }

    /// The relay.
    pub fn settings(&self) -> &SmtpSettings {
        &self.0.settings
    }

    /// Waits until no session could be opened since the last call.
    pub async fn suspected(&self) {
        self.0.suspected.notified().await;
    }

    /// [`Pool::close`] waits until this is dropped, so that the outcome of a mail can be recorded.
    pub fn stay_open(&self) -> TaskTrackerToken {
        self.0.tasks.token()
    }

    /// Lets mails in progress finish whose callers wait for them, then closes every session; what takes longer than
    /// `within` is given up. Mails sent after this fail and must be retried.
    pub async fn close(&self, within: Duration) {
        self.0.permits.close();
        self.0.tasks.close();
        if timeout(within, self.0.tasks.wait()).await.is_err() {
            tracing::warn!("not every mail was done when the sessions with the relay were closed");
        }
        let idle = mem::take(&mut *self.0.idle());
        futures_util::future::join_all(idle.into_iter().map(Session::quit)).await;
    }
}

impl Inner {
    fn idle(&self) -> MutexGuard<'_, Vec<Session>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn carry(
        &self,
        mail: &Outgoing,
        caller: oneshot::Sender<SendResult>,
        may_go: impl FnOnce() -> bool + Send,
    ) {
        let mut caller = caller;
        // Dropped half-way, the session is closed: its next reply could not be told from that to another mail.
        let (session, outcome) = tokio::select! {
            biased;
            () = caller.closed() => return,
            attempted = self.attempt(mail, may_go) => attempted,
        };
        // The session returns to the pool before its caller continues, so it can serve the next mail.
        let spare = session.and_then(|session| self.park(session, &outcome));
        // Fails when the caller is gone.
        let _ = caller.send(outcome);
        if let Some(session) = spare {
            session.quit().await;
        }
    }

    async fn attempt(
        &self,
        mail: &Outgoing,
        may_go: impl FnOnce() -> bool + Send,
    ) -> (Option<Session>, SendResult) {
        let (mut session, begun) = match self.begin(mail).await {
            Ok(begun) => begun,
            Err(trouble) => return (None, Err(trouble.into())),
        };
        let outcome = match begun {
            Ok(()) => session.hand_over(mail, may_go).await,
            Err(error) => Err(error),
        };
        (Some(session), outcome)
    }

    /// Begins the mail on an idle session; if that fails, on a new one, whose reply counts.
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
        let opened = Session::open(&self.settings).await;
        if opened.is_err() {
            self.suspected.notify_one();
        }
        let mut session = opened?;
        let begun = session.begin(mail).await;
        Ok((session, begun))
    }

    async fn begin_again(&self, session: &mut Session, mail: &Outgoing) -> Result<(), SendError> {
        // A session that was just used is not probed: MAIL FROM also shows whether it is alive, and saves a round
        // trip.
        if session.unfinished || session.used_at.elapsed() >= self.settings.probe_after {
            session.reset().await?;
        }
        session.begin(mail).await
    }

    /// The session that was used last, so that the others become idle long enough to be closed.
    fn take_idle(&self) -> Option<Session> {
        let session = self.idle().pop()?;
        let usable = session.used_at.elapsed() < self.settings.idle && session.is_quiet();
        usable.then_some(session)
    }

    /// Keeps a session for the next mail, or returns it when it should be closed.
    fn park(&self, mut session: Session, outcome: &SendResult) -> Option<Session> {
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

    /// The session that has been idle longest, if its time is over.
    fn take_retired(&self) -> Option<Session> {
        let mut idle = self.idle();
        let oldest = idle.first()?;
        (oldest.used_at.elapsed() >= self.settings.idle).then(|| idle.remove(0))
    }
}

/// Closes sessions that have been idle for too long, until the pool is gone.
async fn retire_idle(pool: Weak<Inner>) {
    loop {
        let Some(inner) = pool.upgrade() else { return };
        // With a permit, because the session counts until it is closed.
        while let Ok(_permit) = inner.permits.try_acquire() {
            let Some(session) = inner.take_retired() else { break };
            session.quit().await;
        }
        let pause = inner.settings.idle / 2;
        drop(inner);
        sleep(pause).await;
    }
}
