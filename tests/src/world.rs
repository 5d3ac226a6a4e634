//! A small world for tests: firms, their people and clients, and sessions.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::collation;
use guichet_base::id::{
    AccessId, AccountId, ClientId, DepartmentId, FirmId, Id, ServiceItemId, SessionId, StaffId,
};
use guichet_base::locale::Locale;
use guichet_engine::actor::{
    AccessRole, Actor, MemberReach, Membership, Origin, PortalMembership, StaffMembership, StaffRole,
};
use guichet_engine::searchable;
use guichet_engine::store::Store;
use guichet_engine::tables::{
    accounts, clients, department_members, departments, firms, portal_accesses, sender_proofs, service_items,
    sessions, staff_members,
};
use guichet_schema::desk::ticket::commands::CreateTicket;
use guichet_schema::people::founding::CreateFirm;
use guichet_schema::people::portal_access::model::AccessStatus;
use guichet_schema::shared::sender::model::{SenderFinding, SenderProof};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// A person with a session in a membership.
#[derive(Debug, Clone)]
pub struct Person {
    /// The account.
    pub account_id: AccountId,
    /// The e-mail address.
    pub email: String,
    /// The membership.
    pub membership: Membership,
    /// The bearer token of a session.
    pub token: String,
}

impl Person {
    /// The id of the membership: `staff_…` or `access_…`.
    pub fn id(&self) -> String {
        match &self.membership {
            Membership::Staff(membership) => membership.id.encode(),
            Membership::Portal(membership) => membership.id.encode(),
        }
    }

    /// The staff member.
    ///
    /// # Panics
    /// When it is not a staff member.
    pub fn staff_id(&self) -> StaffId {
        match &self.membership {
            Membership::Staff(membership) => membership.id,
            Membership::Portal(_) => panic!("a portal user is no staff member"),
        }
    }

    /// The actor, for calling commands directly.
    pub fn actor(&self) -> Actor {
        Actor {
            account_id: self.account_id,
            session_id: None,
            membership: self.membership.clone(),
            locale: Locale::En,
            origin: Origin::default(),
        }
    }
}

/// A firm of the test world.
#[derive(Debug, Clone)]
pub struct Firm {
    /// Its id.
    pub id: FirmId,
    /// Its owner.
    pub owner: Person,
    store: Store,
}

impl Firm {
    /// A Brazilian firm whose clients may reopen tickets for seven days.
    ///
    /// # Panics
    /// When the database does not answer.
    pub async fn new(store: &Store, domain: &str) -> Self {
        let input = CreateFirm {
            name: "Contábil Aurora".into(),
            locale: Locale::PtBr,
            zone: "America/Sao_Paulo".into(),
            country: "BR".into(),
            currency: "BRL".into(),
            mail_from: format!("avisos@{domain}"),
            mail_reply_to: Some(format!("atendimento@{domain}")),
            member_reach: MemberReach::All,
            client_reopen_days: 7,
            charge_due_days: 10,
            owner_name: "Olívia Prado".into(),
            owner_email: format!("owner@{domain}"),
            owner_password: None,
        };
        let created =
            guichet_schema::people::founding::create(store, input).await.expect("a firm is made").value;
        let mut conn = store.conn().await.expect("the database answers");
        let staff = staff_members::table.find(created.owner.id);
        let account_id: AccountId =
            staff.select(staff_members::account_id).get_result(&mut conn).await.expect("the owner is there");
        diesel::update(staff)
            .set(staff_members::joined_at.eq(store.now()))
            .execute(&mut conn)
            .await
            .expect("the owner joins");
        let membership = StaffMembership {
            id: created.owner.id,
            firm_id: created.id,
            role: StaffRole::Owner,
            reach: MemberReach::All,
        };
        let owner =
            person(store, account_id, &format!("owner@{domain}"), Membership::Staff(membership)).await;
        // It may write from its own address.
        let found = SenderFinding::Found;
        let proof = SenderProof::after(None, created.id, domain, found, store.now());
        let proof = SenderProof { check_at: store.now() + TimeDelta::days(36_500), ..proof };
        diesel::insert_into(sender_proofs::table)
            .values(proof)
            .execute(&mut conn)
            .await
            .expect("its domain is proved");
        Self { id: created.id, owner, store: store.clone() }
    }

    /// Adds a staff member.
    ///
    /// # Panics
    /// When the database does not answer.
    pub async fn staff(&self, email: &str, role: StaffRole) -> Person {
        let account_id = account(&self.store, email, Locale::En).await;
        let membership =
            StaffMembership { id: StaffId::new(), firm_id: self.id, role, reach: MemberReach::All };
        diesel::insert_into(staff_members::table)
            .values((
                staff_members::id.eq(membership.id),
                staff_members::firm_id.eq(self.id),
                staff_members::account_id.eq(account_id),
                staff_members::name.eq(name_of(email)),
                staff_members::name_key.eq(collation::key(name_of(email))),
                staff_members::role.eq(role),
                staff_members::joined_at.eq(self.store.now()),
                staff_members::created_at.eq(self.store.now()),
            ))
            .execute(&mut self.store.conn().await.expect("the database answers"))
            .await
            .expect("a staff member is made");
        person(&self.store, account_id, email, Membership::Staff(membership)).await
    }

    /// Sets what members can see (B-15).
    ///
    /// # Panics
    /// When the database does not answer.
    pub async fn set_member_reach(&self, reach: MemberReach) {
        diesel::update(firms::table.find(self.id))
            .set(firms::member_reach.eq(reach))
            .execute(&mut self.store.conn().await.expect("the database answers"))
            .await
            .expect("a setting is changed");
    }

    /// Adds a department with its lead and members.
    ///
    /// # Panics
    /// When the database does not answer.
    pub async fn department(&self, name: &str, lead: &Person, members: &[&Person]) -> DepartmentId {
        let id = DepartmentId::new();
        let mut conn = self.store.conn().await.expect("the database answers");
        diesel::insert_into(departments::table)
            .values((
                departments::id.eq(id),
                departments::firm_id.eq(self.id),
                departments::name.eq(name),
                departments::name_key.eq(collation::key(name)),
                departments::lead_id.eq(lead.staff_id()),
                departments::created_at.eq(self.store.now()),
            ))
            .execute(&mut conn)
            .await
            .expect("a department is made");
        for member in members {
            diesel::insert_into(department_members::table)
                .values((
                    department_members::department_id.eq(id),
                    department_members::staff_id.eq(member.staff_id()),
                    department_members::firm_id.eq(self.id),
                ))
                .execute(&mut conn)
                .await
                .expect("a member joins");
        }
        id
    }

    /// Adds a client; `email` is its address of record, which need not be valid.
    ///
    /// # Panics
    /// When the database does not answer.
    pub async fn client(&self, name: &str, email: Option<&str>) -> ClientId {
        let id = ClientId::new();
        diesel::insert_into(clients::table)
            .values((
                clients::id.eq(id),
                clients::firm_id.eq(self.id),
                clients::name.eq(name),
                clients::name_key.eq(collation::key(name)),
                clients::country.eq("BR"),
                clients::email.eq(email),
                clients::locale.eq(Locale::PtBr),
                searchable!(clients, guichet_base::search::fold(name)),
                clients::created_at.eq(self.store.now()),
                clients::updated_at.eq(self.store.now()),
            ))
            .execute(&mut self.store.conn().await.expect("the database answers"))
            .await
            .expect("a client is made");
        id
    }

    /// Adds a portal user of a client, with this access status.
    ///
    /// # Panics
    /// When the database does not answer.
    pub async fn portal(
        &self,
        client: ClientId,
        email: &str,
        role: AccessRole,
        status: AccessStatus,
    ) -> Person {
        let account_id = account(&self.store, email, Locale::Fr).await;
        let membership = PortalMembership::new(AccessId::new(), self.id, client, role);
        diesel::insert_into(portal_accesses::table)
            .values((
                portal_accesses::id.eq(membership.id),
                portal_accesses::firm_id.eq(self.id),
                portal_accesses::client_id.eq(client),
                portal_accesses::account_id.eq(account_id),
                portal_accesses::role.eq(role),
                portal_accesses::status.eq(status),
                portal_accesses::created_at.eq(self.store.now()),
            ))
            .execute(&mut self.store.conn().await.expect("the database answers"))
            .await
            .expect("an access is made");
        person(&self.store, account_id, email, Membership::Portal(membership)).await
    }

    /// Adds an active admin of a client.
    pub async fn admin(&self, client: ClientId, email: &str) -> Person {
        self.portal(client, email, AccessRole::Admin, AccessStatus::Active).await
    }

    /// Adds a service with a price in minor units.
    ///
    /// # Panics
    /// When the database does not answer.
    pub async fn service(&self, name: &str, price_minor: i64) -> ServiceItemId {
        let id = ServiceItemId::new();
        diesel::insert_into(service_items::table)
            .values((
                service_items::id.eq(id),
                service_items::firm_id.eq(self.id),
                service_items::name.eq(name),
                service_items::name_key.eq(collation::key(name)),
                service_items::price_minor.eq(price_minor),
                searchable!(service_items, guichet_base::search::fold(name)),
                service_items::created_at.eq(self.store.now()),
                service_items::updated_at.eq(self.store.now()),
            ))
            .execute(&mut self.store.conn().await.expect("the database answers"))
            .await
            .expect("a service is made");
        id
    }
}

/// Input for a ticket with only a client and a subject.
pub fn ticket_about(client: ClientId, subject: &str) -> CreateTicket {
    CreateTicket {
        client_id: Some(client),
        subject: subject.to_owned(),
        description: String::new(),
        service_item_id: None,
        accountant_id: None,
        assignee_id: None,
        department_id: None,
        price: None,
        collect_charge_ids: Vec::new(),
        file_ids: Vec::new(),
    }
}

fn name_of(email: &str) -> &str {
    email.split('@').next().unwrap_or(email)
}

async fn account(store: &Store, email: &str, locale: Locale) -> AccountId {
    let id = AccountId::new();
    diesel::insert_into(accounts::table)
        .values((
            accounts::id.eq(id),
            accounts::email.eq(email),
            accounts::email_ci.eq(email.to_lowercase()),
            accounts::name.eq(name_of(email)),
            accounts::locale.eq(locale),
            accounts::verified_at.eq(store.now()),
            accounts::created_at.eq(store.now()),
        ))
        .execute(&mut store.conn().await.expect("the database answers"))
        .await
        .expect("an account is made");
    id
}

async fn person(store: &Store, account_id: AccountId, email: &str, membership: Membership) -> Person {
    let token = session(store, account_id, &membership, store.now() + TimeDelta::days(3650)).await;
    Person { account_id, email: email.to_owned(), membership, token }
}

/// A session that expires at `expires_at`; returns its token.
///
/// # Panics
/// When the database does not answer.
pub async fn session(
    store: &Store,
    account_id: AccountId,
    membership: &Membership,
    expires_at: DateTime<Utc>,
) -> String {
    let token = Uuid::new_v4().simple().to_string();
    diesel::insert_into(sessions::table)
        .values((
            sessions::id.eq(SessionId::new()),
            sessions::token_hash.eq(Sha256::digest(token.as_bytes()).to_vec()),
            sessions::account_id.eq(account_id),
            sessions::staff_id.eq(membership.author().staff()),
            sessions::access_id.eq(membership.author().access()),
            sessions::created_at.eq(store.now()),
            sessions::expires_at.eq(expires_at),
        ))
        .execute(&mut store.conn().await.expect("the database answers"))
        .await
        .expect("a session is made");
    token
}
