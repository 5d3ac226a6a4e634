//! Charges (D-10).

mod subscription;

use async_graphql::{Context, ID, InputObject, Object};
use guichet_base::error;
use guichet_base::id::{ChargeId, Id, TicketId};
use guichet_edge::ApiError;
use guichet_engine::actor::{Membership, Scope};
use guichet_schema::desk::charge::commands::{self, CreateCharge};
use guichet_schema::desk::charge::rules::{self, is_overdue};
use guichet_schema::desk::charge::{model, queries};

use crate::graphql::ability::{Ability, abilities};
use crate::graphql::caller::Caller;
use crate::graphql::counts::counts;
use crate::graphql::desk::ticket::Ticket;
use crate::graphql::loaders::{by_ids, grouped, keyed, load, load_optional, seen};
use crate::graphql::mirror::mirror;
use crate::graphql::money::{Money, MoneyInput};
use crate::graphql::page::{FilterInput, connection};
use crate::graphql::payload::{MutationOutcome, act, api_id, id, known_ids, payload};
use crate::graphql::people::client::Client;
use crate::graphql::scalars::{Date, DateTime};

pub use subscription::{ChargeSubscription, ChargesListed};

mirror!(ChargeStatus => model::ChargeStatus);

mirror!(ChargeAct => rules::ChargeAct);

/// A charge.
#[derive(Debug, Clone)]
pub struct Charge(pub model::Charge);

by_ids!(ChargeId => Charge, queries::by_ids);

keyed! {
    /// The charges that a ticket made.
    ChargesOf(TicketId) => [model::Charge], |loads, conn, ids| async {
        let rows = queries::of_tickets(conn, &loads.scope(), ids).await?;
        // The finder asks for charges of tickets.
        error::Result::Ok(grouped(rows, |charge| charge.ticket_id).into_iter().filter_map(|(id, of)| id.zip(Some(of))))
    }
}

keyed! {
    /// The overdue charges that a ticket is to collect.
    CollectedBy(TicketId) => [model::Charge], |loads, conn, ids| async {
        let rows = queries::collected_by(conn, &loads.scope(), ids).await?;
        let by_ticket = grouped(rows, |(ticket, _)| *ticket).into_iter();
        error::Result::Ok(by_ticket.map(|(id, of)| (id, of.into_iter().map(|(_, charge)| charge).collect())))
    }
}

/// An amount that a client owes the firm: a receivable, not a fiscal document.
#[Object]
impl Charge {
    /// The ID of the charge, for example `charge_019aa1f07c3b7e5d9b2f4c6a8e0d1357`.
    pub async fn id(&self) -> ID {
        api_id(self.0.id)
    }

    /// The client that owes the amount.
    async fn client(&self, ctx: &Context<'_>) -> Result<Client, ApiError> {
        seen(load(ctx, self.0.client_id).await?)
    }

    /// The ticket that created the charge; null when it was created by hand.
    async fn ticket(&self, ctx: &Context<'_>) -> Result<Option<Ticket>, ApiError> {
        load_optional(ctx, self.0.ticket_id).await
    }

    /// What the amount is owed for.
    async fn description(&self) -> &str {
        &self.0.description
    }

    /// The amount.
    async fn amount(&self) -> Money {
        self.0.amount().into()
    }

    /// The due date, in the time zone of the firm. The charge is overdue from the next day.
    async fn due_on(&self) -> Date {
        Date(self.0.due_on)
    }

    /// Whether the charge is open and its due date has passed, in the time zone of the firm.
    async fn is_overdue(&self, ctx: &Context<'_>) -> Result<bool, ApiError> {
        let firm = seen(load(ctx, self.0.firm_id).await?)?;
        let today = firm.0.today(Caller::of(ctx).store.now());
        Ok(is_overdue(self.0.status, self.0.due_on, today))
    }

    /// The status of the charge.
    async fn status(&self) -> ChargeStatus {
        self.0.status.into()
    }

    /// The date and time when the charge was marked as paid; null while it is not paid.
    async fn paid_at(&self) -> Option<DateTime> {
        self.0.paid_at.map(DateTime)
    }

    /// The date and time when the charge was created.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// The date and time when the charge was last changed.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at)
    }

    /// The version of the charge. Send it back as `expectedVersion` to detect changes by others.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// The actions that the viewer may or may not perform on the charge now, one entry per action.
    async fn viewer_can(&self, ctx: &Context<'_>) -> Result<Vec<Ability<ChargeAct>>, ApiError> {
        let by = &Caller::of(ctx).actor()?.membership;
        Ok(abilities(rules::ChargeAct::ALL, |_| rules::may(by, self.0.status)))
    }
}

/// A filter of charges. A charge must match all given conditions.
#[derive(Debug, Clone, Default, InputObject)]
pub struct ChargeFilter {
    /// Charges with one of these IDs.
    ids: Option<Vec<ID>>,
    /// Charges with one of these statuses.
    status: Option<Vec<ChargeStatus>>,
    /// Charges of one of these clients.
    client_ids: Option<Vec<ID>>,
    /// Charges created by one of these tickets.
    ticket_ids: Option<Vec<ID>>,
    /// Charges due on this date or later.
    due_from: Option<Date>,
    /// Charges due on this date or earlier.
    due_to: Option<Date>,
}

impl FilterInput for ChargeFilter {
    type Filter = queries::ChargeFilter;

    fn read(self, _: &Membership) -> error::Result<queries::ChargeFilter> {
        let status = |status: Vec<ChargeStatus>| status.into_iter().map(Into::into).collect();
        Ok(queries::ChargeFilter {
            ids: known_ids(self.ids),
            status: self.status.map(status),
            clients: known_ids(self.client_ids),
            tickets: known_ids(self.ticket_ids),
            due_from: self.due_from.map(|day| day.0),
            due_to: self.due_to.map(|day| day.0),
        })
    }
}

connection! {
    /// A page of the list of charges.
    ChargeConnection, ChargeEdge of Charge, count ChargeCount;
    /// Returns the list of charges that the viewer can see, sorted by due date. Portal users see the charges
    /// of their client.
    query ChargesQuery.charges, filter ChargeFilter => queries::ChargeFilter;
    seen by scope, page queries::page, counted queries::count, position queries::position
}

counts! {
    /// The numbers of charges by status.
    ChargeCounts, ChargeStatusCount of status: ChargeStatus => model::ChargeStatus, all as by_status,
    told as ChargeCountsChanged;
    filter ChargeFilter => queries::ChargeFilter, ids ChargeId, with [];
    /// Returns the numbers of charges that the viewer can see, by status.
    query ChargeCountsQuery.charge_counts;
    /// Sends the numbers of charges that the viewer can see, by status: in the first message without `after`, and
    /// whenever one of them changes.
    subscription ChargeCountsSubscription.charge_counts_changed, "chargeCountsChanged", ChargesCounted;
    shared by |viewer| viewer.scope() => Scope,
    counted |conn, viewer, filter| queries::counts(conn, &viewer.scope(), filter)
}

/// Queries about charges.
#[derive(Debug, Default)]
pub struct ChargeQuery;

#[Object]
impl ChargeQuery {
    /// Returns the charge with this ID; null when it does not exist for the viewer.
    async fn charge(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ID of the charge.")] id: ID,
    ) -> Result<Option<Charge>, ApiError> {
        Caller::of(ctx).actor()?;
        now(ctx, &id).await
    }
}

/// Input for `chargeCreate`: the charge to create by hand.
#[derive(Debug, InputObject)]
pub struct ChargeCreateInput {
    /// The idempotency key, for example a UUID; 1 to 200 characters. A repeated call with the same key has no
    /// further effect and returns the same result.
    idempotency_key: String,
    /// The ID of the client that owes the amount.
    client_id: ID,
    /// What the amount is owed for; 1 to 200 characters.
    description: String,
    /// The amount; more than zero.
    amount: MoneyInput,
    /// The due date. The default is today plus the number of days in the settings of the firm.
    due_on: Option<Date>,
}

impl TryFrom<ChargeCreateInput> for CreateCharge {
    type Error = error::Error;

    fn try_from(input: ChargeCreateInput) -> error::Result<Self> {
        Ok(Self {
            client_id: id("clientId", &input.client_id)?,
            description: input.description,
            amount: input.amount.into(),
            due_on: input.due_on.map(|day| day.0),
        })
    }
}

/// Input for `chargeMarkPaid`: the charge to mark as paid, and the version that was read.
#[derive(Debug, InputObject)]
pub struct ChargeMarkPaidInput {
    /// The ID of the charge.
    id: ID,
    /// The version that was read. If the charge has another version now, nothing is changed and the error is
    /// `CONFLICT`.
    expected_version: i32,
}

/// Input for `chargeCancel`: the charge to cancel, and the version that was read.
#[derive(Debug, InputObject)]
pub struct ChargeCancelInput {
    /// The ID of the charge.
    id: ID,
    /// The version that was read. If the charge has another version now, nothing is changed and the error is
    /// `CONFLICT`.
    expected_version: i32,
}

payload! {
    /// The result of `chargeCreate`.
    ChargeCreatePayload {
        /// The new charge; null when there are errors.
        charge: Option<Charge>,
    }
}

payload! {
    /// The result of `chargeMarkPaid`.
    ChargeMarkPaidPayload {
        /// The charge in its current state, also when there are errors.
        charge: Option<Charge>,
    }
}

payload! {
    /// The result of `chargeCancel`.
    ChargeCancelPayload {
        /// The charge in its current state, also when there are errors.
        charge: Option<Charge>,
    }
}

/// Acts on charges.
#[derive(Debug, Default)]
pub struct ChargeMutation;

#[Object]
impl ChargeMutation {
    /// Creates a charge by hand.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `REQUIRED`, `TOO_LONG`, `INVALID_TEXT`, `OUT_OF_RANGE`,
    /// `WRONG_CURRENCY`, `IDEMPOTENCY_KEY_REUSED`.
    async fn charge_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] mut input: ChargeCreateInput,
    ) -> Result<ChargeCreatePayload, ApiError> {
        let key = std::mem::take(&mut input.idempotency_key);
        let MutationOutcome { done, user_errors, revision } =
            act(ctx, async |store, actor| commands::create(store, actor, &key, input.try_into()?).await)
                .await?;
        let charge = load_optional(ctx, done).await?;
        Ok(ChargeCreatePayload { charge, user_errors, revision })
    }

    /// Marks an open charge as paid.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `CONFLICT`, `CHARGE_PAID`, `CHARGE_CANCELED`.
    async fn charge_mark_paid(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: ChargeMarkPaidInput,
    ) -> Result<ChargeMarkPaidPayload, ApiError> {
        let ChargeMarkPaidInput { id: given, expected_version } = input;
        let MutationOutcome { user_errors, revision, .. } = act(ctx, async |store, actor| {
            commands::mark_paid(store, actor, id("id", &given)?, expected_version).await
        })
        .await?;
        Ok(ChargeMarkPaidPayload { charge: now(ctx, &given).await?, user_errors, revision })
    }

    /// Cancels an open charge.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `CONFLICT`, `CHARGE_PAID`, `CHARGE_CANCELED`.
    async fn charge_cancel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: ChargeCancelInput,
    ) -> Result<ChargeCancelPayload, ApiError> {
        let ChargeCancelInput { id: given, expected_version } = input;
        let MutationOutcome { user_errors, revision, .. } = act(ctx, async |store, actor| {
            commands::cancel(store, actor, id("id", &given)?, expected_version).await
        })
        .await?;
        Ok(ChargeCancelPayload { charge: now(ctx, &given).await?, user_errors, revision })
    }
}

/// The charge as it stands now.
async fn now(ctx: &Context<'_>, id: &ID) -> Result<Option<Charge>, ApiError> {
    load_optional(ctx, ChargeId::decode(id)).await
}
