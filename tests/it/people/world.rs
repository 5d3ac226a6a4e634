//! A firm with its owner, and short ways to create more people, all with the commands that create them in production.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta};
use guichet_base::clock::ManualClock;
use guichet_base::error::{Code, Error, Refusal, Result};
use guichet_base::id::{AccessId, ClientId, DepartmentId, FirmId, StaffId};
use guichet_base::locale::Locale;
use guichet_base::money::Money;
use guichet_base::secret::Secret;
use guichet_engine::actor::{AccessRole, Actor, MemberReach, Origin, StaffRole};
use guichet_engine::db;
use guichet_engine::store::Store;
use guichet_schema::people::account::password::Password;
use guichet_schema::people::client::commands::CreateClient;
use guichet_schema::people::department::commands::CreateDepartment;
use guichet_schema::people::founding::{self, CreateFirm, CreatedFirm};
use guichet_schema::people::invitation::model::{AcceptInvitation, Invited};
use guichet_schema::people::portal_access::commands::CreatePortalAccess;
use guichet_schema::people::session::commands::SignIn;
use guichet_schema::people::session::model::{SignedIn, Viewer};
use guichet_schema::people::staff::commands::CreateStaff;
use guichet_schema::people::{client, department, portal_access, session, staff};
use guichet_tests::database::TestDatabase;
use uuid::Uuid;

pub const PASSWORD: &str = "a long enough password";

pub struct World {
    pub store: Store,
    pub clock: Arc<ManualClock>,
    pub firm: FirmId,
    pub owner: Actor,
}

/// A new idempotency key.
pub fn key() -> String {
    Uuid::new_v4().to_string()
}

/// An address that nobody else has.
pub fn address() -> String {
    format!("{}@people.example", Uuid::new_v4().simple())
}

/// The refusals, as (field, code).
/// The path and the code of a refusal; a path is kept for ever, so that tests can name it as a literal.
fn told(refusal: &Refusal) -> (Option<&'static str>, Code) {
    let path: &'static str = Box::leak(refusal.path.to_string().into_boxed_str());
    ((!path.is_empty()).then_some(path), refusal.code)
}

pub fn refused<T>(result: Result<T>) -> Vec<(Option<&'static str>, Code)> {
    match result {
        Ok(_) => Vec::new(),
        Err(Error::Refused(refusals)) => refusals.iter().map(told).collect(),
        Err(Error::Fault(fault)) => panic!("{fault}"),
    }
}

pub fn from(address: &str) -> Origin {
    Origin { address: Some(address.into()), ..Origin::default() }
}

pub fn firm_input(owner_email: &str) -> CreateFirm {
    CreateFirm {
        name: "Contábil São João".into(),
        locale: Locale::PtBr,
        zone: "America/Sao_Paulo".into(),
        country: "BR".into(),
        currency: "BRL".into(),
        mail_from: "atendimento@firm.example".into(),
        mail_reply_to: None,
        member_reach: MemberReach::Own,
        client_reopen_days: 0,
        charge_due_days: 10,
        owner_name: "Olívia".into(),
        owner_email: owner_email.into(),
        owner_password: Some(Password::new(PASSWORD)),
    }
}

/// An amount in the firm's currency.
pub fn reais(amount_minor: i64) -> Money {
    Money { amount_minor, currency: "BRL".into() }
}

pub fn client_input(name: &str) -> CreateClient {
    CreateClient { name: name.into(), ..CreateClient::default() }
}

impl World {
    pub async fn new() -> Self {
        let database = TestDatabase::new().await;
        let clock = ManualClock::new(DateTime::UNIX_EPOCH + TimeDelta::days(20_000));
        let store = Store::new(db::pool(&database.url, 10).unwrap(), clock.clone());
        Self::found(store, clock).await
    }

    /// Another firm in the same database.
    pub async fn neighbour(&self) -> Self {
        Self::found(self.store.clone(), self.clock.clone()).await
    }

    async fn found(store: Store, clock: Arc<ManualClock>) -> Self {
        let email = address();
        let CreatedFirm { id: firm, .. } = founding::create(&store, firm_input(&email)).await.unwrap().value;
        let owner = sign_in(&store, &email, PASSWORD).await.unwrap();
        let owner = actor(&owner.viewer);
        Self { store, clock, firm, owner }
    }

    pub async fn invite_staff(&self, email: &str, role: StaffRole) -> Result<Invited<StaffId>> {
        let input = CreateStaff {
            name: "Marta".into(),
            email: email.into(),
            role,
            locale: None,
            department_ids: Vec::new(),
        };
        Ok(staff::commands::create(&self.store, &self.owner, &key(), input).await?.value)
    }

    pub async fn staff(&self, role: StaffRole) -> Actor {
        let invited = self.invite_staff(&address(), role).await.unwrap();
        self.accept(invited.secret.unwrap(), PASSWORD).await.unwrap()
    }

    pub async fn invite_portal(
        &self,
        client: ClientId,
        email: &str,
        role: Option<AccessRole>,
    ) -> Result<Invited<AccessId>> {
        let input = CreatePortalAccess {
            client_id: client,
            email: email.into(),
            name: "Paula".into(),
            role,
            locale: None,
        };
        Ok(portal_access::commands::create(&self.store, &self.owner, &key(), input).await?.value)
    }

    pub async fn portal(&self, client: ClientId) -> Actor {
        let invited = self.invite_portal(client, &address(), None).await.unwrap();
        self.accept(invited.secret.unwrap(), PASSWORD).await.unwrap()
    }

    pub async fn accept(&self, secret: Secret, password: &str) -> Result<Actor> {
        let input = AcceptInvitation { secret, password: Password::new(password), name: None };
        let signed_in = session::acceptance::accept(&self.store, input, Origin::default()).await?;
        Ok(actor(&signed_in.viewer))
    }

    pub async fn client(&self, input: CreateClient) -> ClientId {
        client::commands::create(&self.store, &self.owner, &key(), input).await.unwrap().value
    }

    pub async fn department(&self, name: &str, lead: StaffId) -> Result<DepartmentId> {
        let input = CreateDepartment { name: name.into(), lead_id: lead, member_ids: vec![lead] };
        Ok(department::commands::create(&self.store, &self.owner, &key(), input).await?.value)
    }

    pub async fn sign_in(&self, email: &str, password: &str) -> Result<SignedIn> {
        sign_in(&self.store, email, password).await
    }
}

async fn sign_in(store: &Store, email: &str, password: &str) -> Result<SignedIn> {
    let input = SignIn { email: email.into(), password: Password::new(password) };
    session::commands::sign_in(store, input, from("192.0.2.1")).await
}

pub fn actor(viewer: &Viewer) -> Actor {
    viewer.actor(Origin::default(), viewer.account.locale).expect("a membership was chosen")
}

pub fn staff_id(actor: &Actor) -> StaffId {
    actor.staff().unwrap().id
}
