//! D-04: the outcome of a mail is an event for those who can see the delivery.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::id::{AccessId, DeliveryId, Id};
use guichet_engine::actor::{
    AccessRole, MemberReach, Membership, PortalMembership, StaffMembership, StaffRole,
};
use guichet_engine::feed::Audience;
use guichet_engine::tables::events;
use guichet_schema::shared::email_delivery::queries;
use guichet_tests::smtp::{Act, Rule, Step};
use serde_json::Value;

use super::post_room::{PostRoom, text};

/// The last event about a delivery: who could see it before, and who can now.
async fn last_event(room: &PostRoom, id: DeliveryId) -> [Audience; 2] {
    let (before, after): (Option<Value>, Option<Value>) = events::table
        .filter(events::noun.eq(DeliveryId::NOUN))
        .filter(events::subject_id.eq(id.uuid()))
        .order(events::revision.desc())
        .select((events::audience_before, events::audience_after))
        .first(&mut room.app.store.conn().await.unwrap())
        .await
        .unwrap();
    [before, after].map(|audience| serde_json::from_value(audience.unwrap()).unwrap())
}

/// D-04, B-15: the events of `SENT` and `FAILED` admit exactly those who can see the delivery: the assignee, the
/// members of the ticket's department, the client's accountant and those who see everything; never the client.
#[tokio::test]
async fn an_outcome_is_told_to_those_who_see_it() {
    let room = PostRoom::open().await;
    let member =
        async |name: &str| room.firm.staff(&format!("{name}@aurora.example"), StaffRole::Member).await;
    let people = [
        member("assignee").await,
        member("accountant").await,
        member("colleague").await,
        member("else").await,
    ];
    let [assignee, accountant, colleague, _] = &people;
    let department = room.firm.department("Fiscal", &room.firm.owner, &[colleague]).await;
    let firm_id = room.firm.id;
    for variant in 0..8 {
        let client = room.firm.client("Padaria Estrela", Some(&format!("nf{variant}@padaria.example"))).await;
        let ticket = room.ticket(&room.staff, &client.encode()).await;
        for (bit, change) in [
            (1, format!("UPDATE tickets SET assignee_id = '{}'", assignee.staff_id().uuid())),
            (2, format!("UPDATE tickets SET department_id = '{}'", department.uuid())),
        ] {
            if variant & bit != 0 {
                room.sql(&format!("{change} WHERE client_id = '{}'", client.uuid())).await;
            }
        }
        let (id, accountant_id) = (client.uuid(), accountant.staff_id().uuid());
        if variant & 4 != 0 {
            room.sql(&format!("UPDATE clients SET accountant_id = '{accountant_id}' WHERE id = '{id}'"))
                .await;
        }
        let fails = variant % 3 == 0;
        if fails {
            room.app.sink.rule(Rule::new(Step::Rcpt, Act::Reply(550, "5.1.1 no".into())).times(1));
        }
        room.begin(&ticket).await;
        room.app.jobs_done().await;
        let delivery = room.delivery(&ticket).await;
        assert_eq!(delivery["status"], if fails { "FAILED" } else { "SENT" });
        let id = DeliveryId::decode(&text(&delivery["id"])).unwrap();
        let own = people.iter().map(|person| {
            let departments = if person.email == colleague.email { vec![department] } else { vec![] };
            let (id, role, reach) = (person.staff_id(), StaffRole::Member, MemberReach::Own);
            (Membership::Staff(StaffMembership { id, firm_id, role, reach }), departments)
        });
        let (id_of_user, role) = (AccessId::new(), AccessRole::Admin);
        let user = Membership::Portal(PortalMembership::new(id_of_user, firm_id, client, role));
        let others = [room.firm.owner.membership.clone(), user];
        let viewers: Vec<_> = own.chain(others.map(|membership| (membership, vec![]))).collect();
        let mut conn = room.app.store.conn().await.unwrap();
        for audience in last_event(&room, id).await {
            for (membership, departments) in &viewers {
                let sees = !queries::by_ids(&mut conn, membership, &[id]).await.unwrap().is_empty();
                assert_eq!(
                    audience.admits_member(membership, departments),
                    sees,
                    "{variant}: {membership:?}"
                );
            }
        }
    }
    room.app.finish().await;
}
