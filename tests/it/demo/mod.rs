//! The demo data: complete, filled in once, and as the commands leave it.

mod month;
mod rules;

use std::collections::BTreeMap;
use std::sync::Mutex;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::clock::ManualClock;
use guichet_base::locale::Locale;
use guichet_base::page::PageRequest;
use guichet_demo::large::{self, Sizes};
use guichet_demo::{self as demo, DemoSignIn, Scale};
use guichet_engine::actor::{AccessRole, MemberReach, Membership, Origin, StaffRole};
use guichet_engine::db;
use guichet_engine::store::Store;
use guichet_engine::tables::jobs;
use guichet_schema::desk::charge::model::ChargeStatus;
use guichet_schema::desk::ticket::list::{self, TicketFilter};
use guichet_schema::desk::ticket::model::TicketStatus;
use guichet_schema::desk::ticket::status::{ChangeStatus, StatusOutcome, change_status};
use guichet_schema::people::account::password::Password;
use guichet_schema::people::portal_access::model::AccessStatus;
use guichet_schema::people::session::commands::{SignIn, select_membership, sign_in};
use guichet_schema::people::session::model::{MembershipOption, SignedIn};
use guichet_schema::shared::email_delivery::model::{DeliveryAbout, DeliveryReason, DeliveryStatus};
use guichet_schema::shared::file::model::{Channel, FileRefusal, FileState};
use guichet_schema::shared::notification::model::NotificationKind;
use guichet_schema::shared::visibility::Visibility;
use guichet_storage::{Folder, Storage};
use guichet_tests::app::START;
use guichet_tests::database::TestDatabase;
use guichet_tests::world::Firm;
use tempfile::TempDir;
use tokio::sync::OnceCell;

async fn empty() -> (TestDatabase, Store, TempDir) {
    let database = TestDatabase::new().await;
    let store = store(&database);
    (database, store, tempfile::tempdir().unwrap())
}

fn store(database: &TestDatabase) -> Store {
    let clock = ManualClock::new(START.parse().unwrap());
    Store::new(db::pool(&database.url, 4).unwrap(), clock)
}

async fn fill(
    database: &TestDatabase,
    store: &Store,
    folder: &TempDir,
    tell: impl Fn(&str),
) -> Vec<DemoSignIn> {
    let files = Storage::Folder(Folder::open(folder.path()).unwrap());
    demo::fill(store, &database.url, &files, Scale::Small, tell).await.unwrap()
}

/// A demo that was filled in, with its files, and who can sign in.
struct Filled {
    database: TestDatabase,
    folder: TempDir,
    cast: Vec<DemoSignIn>,
}

/// The demo is filled in once per process and then copied.
async fn whole() -> &'static Filled {
    static FILLED: OnceCell<Filled> = OnceCell::const_new();
    let make = async || {
        let (database, store, folder) = empty().await;
        let cast = fill(&database, &store, &folder, |_| {}).await;
        drop(store);
        // A database can only be copied while nobody is connected to it.
        database.close().await;
        Filled { database, folder, cast }
    };
    FILLED.get_or_init(make).await
}

/// A copy of the demo database.
async fn filled() -> (TestDatabase, Store, Vec<DemoSignIn>) {
    let whole = whole().await;
    let database = whole.database.copy().await;
    let store = store(&database);
    (database, store, whole.cast.clone())
}

/// The result of a query for one number.
async fn number(conn: &mut AsyncPgConnection, query: &str) -> i64 {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        n: i64,
    }
    let row: Row =
        diesel::sql_query(format!("SELECT ({query})::bigint AS n")).get_result(conn).await.unwrap();
    row.n
}

/// The number of rows of each table.
async fn sizes_of(conn: &mut AsyncPgConnection) -> BTreeMap<String, i64> {
    #[derive(diesel::QueryableByName)]
    struct Table {
        #[diesel(sql_type = Text)]
        name: String,
    }
    let tables: Vec<Table> =
        diesel::sql_query("SELECT tablename::text AS name FROM pg_tables WHERE schemaname = 'public'")
            .load(conn)
            .await
            .unwrap();
    let mut sizes = BTreeMap::new();
    for Table { name } in tables {
        let size = number(conn, &format!("SELECT count(*) FROM {name}")).await;
        sizes.insert(name, size);
    }
    sizes
}

async fn enter(store: &Store, email: &str) -> SignedIn {
    let input = SignIn { email: email.to_owned(), password: Password::new(demo::PASSWORD) };
    sign_in(store, input, Origin::default()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demo_is_filled_in_once() {
    let (database, store, folder) = empty().await;
    assert!(demo::is_wanted(&store).await.unwrap());
    assert!(!demo::exists(&store, Scale::Small).await.unwrap());
    assert_eq!(demo::sign_ins(&store).await.unwrap(), []);
    let told = Mutex::new(Vec::new());
    let tell = |text: &str| told.lock().unwrap().push(text.to_owned());
    let (one, other) =
        tokio::join!(fill(&database, &store, &folder, tell), fill(&database, &store, &folder, tell));
    let cast = one;
    assert_eq!(cast, other);
    assert_eq!(told.lock().unwrap().len(), 1, "two at once make one");
    assert!(!demo::is_wanted(&store).await.unwrap());
    assert!(demo::exists(&store, Scale::Small).await.unwrap());
    assert!(!demo::exists(&store, Scale::Large).await.unwrap());
    let before = sizes_of(&mut store.conn().await.unwrap()).await;
    assert_eq!((before["firms"], before["clients"], before["tickets"]), (3, 60, 105));
    let kinds: Vec<(String, i64)> = jobs::table
        .group_by(jobs::kind)
        .order(jobs::kind)
        .select((jobs::kind, diesel::dsl::count_star()))
        .load(&mut store.conn().await.unwrap())
        .await
        .unwrap();
    // Each firm has one queued mail, a list to be written and a file to be verified.
    let wanted = ["email.send", "export.write", "file.verify"].map(|kind| (kind.to_owned(), 3));
    assert_eq!(kinds, wanted);
    assert_eq!(fill(&database, &store, &folder, tell).await, cast);
    assert_eq!(demo::sign_ins(&store).await.unwrap(), cast);
    assert_eq!(sizes_of(&mut store.conn().await.unwrap()).await, before);
    drop(store);
    database.drop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_firm_stays_as_it_is_beside_the_demo() {
    let (database, store, folder) = empty().await;
    let firm = Firm::new(&store, "aurora.example").await;
    assert!(!demo::is_wanted(&store).await.unwrap());
    fill(&database, &store, &folder, |_| {}).await;
    let mut conn = store.conn().await.unwrap();
    assert_eq!(number(&mut conn, "SELECT count(*) FROM firms").await, 4);
    let own = firm.owner.membership.scope();
    assert_eq!(list::count(&mut conn, &own, &TicketFilter::default()).await.unwrap(), 0);
    drop((conn, firm, store));
    database.drop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rows_obey_the_rules() {
    let (database, store, _) = filled().await;
    let mut conn = store.conn().await.unwrap();
    rules::obey(&mut conn, rules::OF_ALL).await;
    rules::obey(&mut conn, rules::OF_THE_STORY).await;
    drop((conn, store));
    database.drop().await;
}

/// The multiplied rows obey the same rules as the played ones.
#[tokio::test(flavor = "multi_thread")]
async fn the_rows_are_multiplied() {
    let (database, store, _) = filled().await;
    let mut conn = store.conn().await.unwrap();
    let sizes = Sizes {
        firms: 4,
        clients_of_first: 40,
        clients_of_others: 12,
        staff_of_first: 14,
        staff_of_others: 7,
        tickets_of_first: 120,
        tickets_of_others: 30,
        busy_clients: 3,
        tickets_of_busy: 20,
    };
    let before = sizes_of(&mut conn).await;
    large::multiply(&mut conn, &sizes).await.unwrap();
    let after = sizes_of(&mut conn).await;
    let more = |table: &str| after[table] - before[table];
    assert_eq!([more("firms"), more("clients"), more("tickets")], [4, 40 + 3 * 12, 120 + 3 * 30]);
    // Each firm also has one staff member who left and one who was invited.
    assert_eq!(more("staff_members"), 14 + 3 * 7 + 4 * 2);
    for table in ["changes", "messages", "read_marks", "charges", "departments", "service_items"] {
        assert!(more(table) > 0, "{table}");
    }
    rules::obey(&mut conn, rules::OF_ALL).await;
    drop((conn, store));
    database.drop().await;
}

/// B-13: everybody that the demo lists can sign in with the listed role; an account with two memberships must select
/// one.
#[tokio::test(flavor = "multi_thread")]
async fn every_sign_in_works() {
    let (database, store, cast) = filled().await;
    assert_eq!(cast.len(), 3 * 5 + 1);
    for membership in &cast {
        let entered = enter(&store, &membership.email).await;
        let role = |option: &MembershipOption| match &option.membership {
            Membership::Staff(membership) => membership.role.as_str(),
            Membership::Portal(membership) => membership.role.as_str(),
        };
        let fits = |option: &&MembershipOption| {
            let client = option.client.as_ref().map(|(_, name)| name);
            (option.firm_name.as_str(), role(option), client)
                == (&membership.firm, membership.role, membership.client.as_ref())
        };
        let option = entered
            .memberships
            .iter()
            .find(fits)
            .unwrap_or_else(|| panic!("{membership:?}: {:?}", entered.memberships));
        select_membership(&store, &entered.viewer, option.id(), Origin::default()).await.unwrap();
        assert_eq!(entered.viewer.membership.is_some(), entered.memberships.len() == 1, "{membership:?}");
        assert_eq!(entered.viewer.account.name, membership.name);
    }
    let roles: Vec<&str> = cast.iter().map(|membership| membership.role).collect();
    for role in StaffRole::ALL
        .iter()
        .map(|role| role.as_str())
        .chain(AccessRole::ALL.iter().map(|role| role.as_str()))
    {
        assert!(roles.contains(&role), "{role}");
    }
    let twice = cast
        .iter()
        .filter(|membership| cast.iter().filter(|other| other.email == membership.email).count() == 2);
    assert_eq!(twice.count(), 2);
    drop(store);
    database.drop().await;
}

/// The demo's tickets can be searched and changed like others.
#[tokio::test(flavor = "multi_thread")]
async fn the_demo_is_alive() {
    let (database, store, cast) = filled().await;
    let member = cast
        .iter()
        .find(|membership| membership.role == "MEMBER" && membership.firm.starts_with("Ipê"))
        .unwrap();
    let viewer = enter(&store, &member.email).await.viewer;
    let actor = viewer.actor(Origin::default(), Locale::PtBr).unwrap();
    let scope = actor.scope();
    let found = async |search: &str| {
        let filter = TicketFilter { search: Some(search.into()), ..TicketFilter::default() };
        list::count(&mut store.conn().await.unwrap(), &scope, &filter).await.unwrap()
    };
    assert!(found("Rescisão").await > 0);
    assert_eq!(found("RESCISAO").await, found("Rescisão").await);
    assert_eq!(found("#35").await, 1);
    assert!(found("padaria bela vista").await > 0);
    let open = TicketFilter { status: Some(vec![TicketStatus::InAnalysis]), ..TicketFilter::default() };
    let part = PageRequest::new(Some(1), None, None, None).unwrap();
    let page =
        list::page(&mut store.conn().await.unwrap(), &scope, &open, Default::default(), &part).await.unwrap();
    let ticket = &page.rows[0];
    let wish = ChangeStatus {
        id: ticket.id,
        status: TicketStatus::Finished,
        reason: None,
        expected_version: Some(ticket.version),
    };
    let done = change_status(&store, &actor, "a key", wish).await.unwrap();
    assert_eq!(done.value.outcome, StatusOutcome::Changed);
    assert!(done.revision.is_some());
    drop(store);
    database.drop().await;
}

/// Every state occurs in the demo, so that screens can be built with it.
#[tokio::test(flavor = "multi_thread")]
async fn every_state_is_shown() {
    fn texts<T: ToString>(all: &[T]) -> Vec<String> {
        all.iter().map(T::to_string).collect()
    }
    let (database, store, _) = filled().await;
    let mut conn = store.conn().await.unwrap();
    let kinds = NotificationKind::ALL.iter().filter(|kind| kind.is_of_ticket());
    let kinds: Vec<NotificationKind> = kinds.copied().collect();
    let states = [
        ("tickets", "status", texts(TicketStatus::ALL)),
        ("messages", "visibility", texts(Visibility::ALL)),
        ("changes", "field", vec!["FILE".into(), "INTERNAL_FILE".into(), "PRICE".into(), "ASSIGNEE".into()]),
        ("email_deliveries", "status", texts(DeliveryStatus::ALL)),
        ("email_deliveries", "reason", texts(DeliveryReason::ALL)),
        ("email_deliveries", "about", texts(DeliveryAbout::ALL)),
        ("notifications WHERE read_at IS NULL AND", "kind", texts(&kinds)),
        ("notifications WHERE read_at IS NOT NULL AND", "kind", texts(&kinds)),
        ("charges", "status", texts(ChargeStatus::ALL)),
        ("files", "state", texts(FileState::ALL)),
        ("files", "refusal", texts(FileRefusal::ALL)),
        ("file_accesses", "channel", texts(Channel::ALL)),
        ("portal_accesses", "status", texts(AccessStatus::ALL)),
        ("portal_accesses", "role", texts(AccessRole::ALL)),
        ("staff_members", "role", texts(StaffRole::ALL)),
        ("firms", "member_reach", texts(MemberReach::ALL)),
        ("clients", "locale", texts(Locale::ALL)),
        ("firms", "country", vec!["BR".into(), "FR".into(), "ES".into()]),
        ("service_items", "active", vec!["true".into(), "false".into()]),
    ];
    for (table, column, values) in states {
        for value in values {
            let from = if table.contains(" WHERE ") { table.to_owned() } else { format!("{table} WHERE") };
            let query = format!("SELECT count(*) FROM {from} {column}::text = '{value}'");
            assert!(number(&mut conn, &query).await > 0, "{query}");
        }
    }
    for (state, rows) in [
        ("an overdue charge", format!("charges WHERE status = 'OPEN' AND due_on < '{START}'::date - 1")),
        ("one that a ticket collects", "ticket_collected_charges".into()),
        ("a suppressed address", "email_suppressions".into()),
        ("a firm whose sender is proved", "sender_proofs WHERE proved_at IS NOT NULL".into()),
        ("one whose proof was lost", "sender_proofs WHERE lost_at IS NOT NULL AND proved_at IS NULL".into()),
        (
            "one that never had any",
            "firms f WHERE NOT EXISTS (SELECT FROM sender_proofs p WHERE p.firm_id = f.id)".into(),
        ),
        ("staff who did not come yet", "staff_members WHERE joined_at IS NULL".into()),
        ("staff who left", "staff_members WHERE disabled_at IS NOT NULL".into()),
        ("an invitation that was accepted", "invitations WHERE used_at IS NOT NULL".into()),
        ("one that was not", "invitations WHERE used_at IS NULL".into()),
        ("a file that goes with a message", "attachments WHERE message_id IS NOT NULL".into()),
        (
            "a conversation that nobody has read",
            "tickets t WHERE last_message_seq > 0
               AND NOT EXISTS (SELECT FROM read_marks r WHERE r.subject_id = t.id)"
                .into(),
        ),
    ] {
        assert!(number(&mut conn, &format!("SELECT count(*) FROM {rows}")).await > 0, "{state}");
    }
    drop((conn, store));
    database.drop().await;
}
