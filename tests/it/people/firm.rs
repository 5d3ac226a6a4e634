//! Creating firms.

use diesel_async::RunQueryDsl;
use guichet_base::error::Code;
use guichet_engine::actor::{Origin, StaffRole};
use guichet_engine::tables::firms;
use guichet_schema::people::account::password::Password;
use guichet_schema::people::firm::queries;
use guichet_schema::people::founding;
use guichet_schema::people::invitation::model::AcceptInvitation;
use guichet_schema::people::session::acceptance;

use super::world::{PASSWORD, World, actor, address, firm_input, refused};

/// Without a password the owner of a new firm is invited, and owns it after accepting.
#[tokio::test]
async fn an_owner_is_invited() {
    let world = World::new().await;
    let mut input = firm_input(&address());
    input.owner_password = None;
    input.mail_reply_to = Some(" ".into());
    input.currency = "eur".into();
    let created = founding::create(&world.store, input).await.unwrap().value;
    let accept = AcceptInvitation {
        secret: created.owner.secret.unwrap(),
        password: Password::new(PASSWORD),
        name: None,
    };
    let owner = acceptance::accept(&world.store, accept, Origin::default()).await.unwrap();
    let owner = actor(&owner.viewer);
    assert_eq!(owner.staff().unwrap().role, StaffRole::Owner);
    assert_eq!(owner.firm_id(), created.id);
    let mut conn = world.store.conn().await.unwrap();
    let firm = queries::find(&mut conn, &owner.scope()).await.unwrap();
    assert_eq!(
        (firm.currency.as_str(), firm.zone.name(), firm.mail_reply_to),
        ("EUR", "America/Sao_Paulo", None)
    );
}

#[tokio::test]
async fn everything_wrong_is_told_at_once() {
    let world = World::new().await;
    let mut input = firm_input("nobody");
    input.name = " ".into();
    input.zone = "Paris".into();
    input.country = "BRA".into();
    input.currency = "R$".into();
    input.mail_from = "firm".into();
    input.mail_reply_to = Some("x@y".into());
    input.client_reopen_days = -1;
    input.charge_due_days = 3651;
    input.owner_name = String::new();
    input.owner_password = Some(Password::new("short"));
    let expected = [
        ("name", Code::Required),
        ("zone", Code::OutOfRange),
        ("country", Code::OutOfRange),
        ("currency", Code::OutOfRange),
        ("mailFrom", Code::InvalidEmail),
        ("mailReplyTo", Code::InvalidEmail),
        ("clientReopenDays", Code::OutOfRange),
        ("chargeDueDays", Code::OutOfRange),
        ("ownerName", Code::Required),
        ("ownerEmail", Code::InvalidEmail),
        ("ownerPassword", Code::PasswordTooShort),
    ];
    let told = refused(founding::create(&world.store, input).await);
    assert_eq!(told, expected.map(|(field, code)| (Some(field), code)));
}

/// B-02: creating a firm for an existing account cannot replace its password.
#[tokio::test]
async fn a_password_is_not_replaced() {
    let world = World::new().await;
    let email = address();
    founding::create(&world.store, firm_input(&email)).await.unwrap();
    let mut conn = world.store.conn().await.unwrap();
    let before: i64 = diesel::QueryDsl::count(firms::table).get_result(&mut conn).await.unwrap();
    let mut input = firm_input(&email);
    input.owner_password = Some(Password::new("quite another password"));
    let result = founding::create(&world.store, input).await;
    assert_eq!(refused(result), [(Some("ownerPassword"), Code::Taken)]);
    let after: i64 = diesel::QueryDsl::count(firms::table).get_result(&mut conn).await.unwrap();
    assert_eq!(before, after);
    world.sign_in(&email, PASSWORD).await.unwrap();
}
