//! Acts on calendars.

use async_graphql::{Context, ID, Object, SimpleObject};
use guichet_edge::ApiError;
use guichet_schema::month::calendar::commands;
use guichet_schema::month::calendar::import::{LineDone, import};

use super::input::{
    CalendarYearConfirmInput, FirmHolidayCreateInput, FirmHolidayDeleteInput, FirmHolidaysImportInput,
};
use super::types::FirmHoliday;
use crate::graphql::caller::Caller;
use crate::graphql::loaders::load_optional;
use crate::graphql::payload::{MutationOutcome, UserError, act, id, payload};

payload! {
    /// The result of `firmHolidayCreate`.
    FirmHolidayCreatePayload {
        /// The new day off; null when there are errors.
        firm_holiday: Option<FirmHoliday>,
    }
}

/// The result for one line of several.
#[derive(SimpleObject)]
pub struct FirmHolidayLineResult {
    /// Whether the day off was added.
    is_added: bool,
    /// The list of errors about this line, with the column that is wrong; empty on success.
    user_errors: Vec<UserError>,
}

payload! {
    /// The result of `firmHolidaysImport`.
    FirmHolidaysImportPayload {
        /// The list of results, in the order of the lines; empty when the whole input was refused.
        results: Vec<FirmHolidayLineResult>,
    }
}

payload! {
    /// The result of `firmHolidayDelete`.
    FirmHolidayDeletePayload {
        /// The ID of the day off that was removed; null when there are errors.
        id: Option<ID>,
    }
}

payload! {
    /// The result of `calendarYearConfirm`.
    CalendarYearConfirmPayload {
        /// Whether all holidays of the place in the year are known now; null when there are errors.
        is_complete: Option<bool>,
    }
}

/// Acts on calendars.
#[derive(Debug, Default)]
pub struct CalendarMutation;

#[Object]
impl CalendarMutation {
    /// Adds a day off to the calendars of the firm. Due dates of existing tasks stay as they are.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `REQUIRED`, `TOO_LONG`, `INVALID_TEXT`, `OUT_OF_RANGE`, `TAKEN`,
    /// `IDEMPOTENCY_KEY_REUSED`.
    async fn firm_holiday_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: FirmHolidayCreateInput,
    ) -> Result<FirmHolidayCreatePayload, ApiError> {
        let (key, input) = input.into();
        let MutationOutcome { done, user_errors, revision } =
            act(ctx, async |store, actor| commands::create(store, actor, &key, input).await).await?;
        let firm_holiday = load_optional(ctx, done).await?;
        Ok(FirmHolidayCreatePayload { firm_holiday, user_errors, revision })
    }

    /// Adds the days off of many places to the calendars of the firm, each line for itself. Due dates of existing tasks stay
    /// as they are.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `REQUIRED`, `TOO_LONG`, `INVALID_TEXT`, `OUT_OF_RANGE`, `TAKEN`,
    /// `IDEMPOTENCY_KEY_REUSED`.
    async fn firm_holidays_import(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: FirmHolidaysImportInput,
    ) -> Result<FirmHolidaysImportPayload, ApiError> {
        let (key, input) = input.into();
        let MutationOutcome { done, user_errors, revision } =
            act(ctx, async |store, actor| import(store, actor, &key, input).await).await?;
        let locale = Caller::of(ctx).locale;
        let result = |line: LineDone| FirmHolidayLineResult {
            is_added: line.refused.is_none(),
            user_errors: line.refusal().iter().map(|refusal| UserError::new(refusal, locale)).collect(),
        };
        let results = done.unwrap_or_default().into_iter().map(result).collect();
        Ok(FirmHolidaysImportPayload { results, user_errors, revision })
    }

    /// Removes a day off that the firm added. Due dates of existing tasks stay as they are.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`.
    async fn firm_holiday_delete(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: FirmHolidayDeleteInput,
    ) -> Result<FirmHolidayDeletePayload, ApiError> {
        let MutationOutcome { done, user_errors, revision } =
            act(ctx, async |store, actor| commands::delete(store, actor, id("id", &input.id)?).await).await?;
        Ok(FirmHolidayDeletePayload { id: done.map(|()| input.id), user_errors, revision })
    }

    /// Says whether all holidays of a place in a year are known, so that due dates in it are final.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `REQUIRED`, `OUT_OF_RANGE`.
    async fn calendar_year_confirm(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: CalendarYearConfirmInput,
    ) -> Result<CalendarYearConfirmPayload, ApiError> {
        let is_complete = input.is_complete;
        let MutationOutcome { done, user_errors, revision } =
            act(ctx, async |store, actor| commands::confirm_year(store, actor, input.into()).await).await?;
        Ok(CalendarYearConfirmPayload { is_complete: done.map(|()| is_complete), user_errors, revision })
    }
}
