//! The month: what is due, when, and the work on it.

pub mod calendar;
pub mod calendar_feed;
pub mod catalogue;
pub mod document;
pub mod due;
pub mod export;
pub mod folder;
pub mod generation;
pub mod moves;
pub mod obligation;
pub mod recurring_task;
pub mod saved_view;
pub mod task;
mod task_export;
pub mod task_type;

use async_graphql::{MergedObject, MergedSubscription};
use guichet_obligations as obligations;

use crate::graphql::mirror::mirror;

pub(in crate::graphql) use task_export::TaskRow;

mirror!(DocumentCategory => obligations::Category);
mirror!(DocumentDirection => obligations::Direction);
mirror!(PeriodKind => obligations::PeriodKind);
mirror!(RuleStatus => obligations::Status);
mirror!(CalendarCountry => guichet_base::country::Country);

/// The queries of the month.
#[derive(Default, MergedObject)]
pub struct MonthQuery(
    catalogue::CatalogueQuery,
    obligation::ObligationQuery,
    task_type::TaskTypeQuery,
    recurring_task::RecurringTaskQuery,
    task::TaskQuery,
    task::TaskCountsQuery,
    document::DocumentQuery,
    document::DocumentCountsQuery,
    folder::FolderQuery,
    calendar::FirmHolidayQuery,
    calendar::CalendarQuery,
    due::DueDateQuery,
    generation::TaskGenerationsQuery,
    generation::TaskGenerationQuery,
    moves::DueDateMoveQuery,
    export::ExportQuery,
    saved_view::SavedViewQuery,
);

/// The mutations of the month.
#[derive(Default, MergedObject)]
pub struct MonthMutation(
    catalogue::CatalogueMutation,
    obligation::ObligationMutation,
    task_type::TaskTypeMutation,
    recurring_task::RecurringTaskMutation,
    calendar::CalendarMutation,
    document::DocumentMutation,
    document::DocumentSettleMutation,
    task::TaskMutation,
    generation::TaskGenerationMutation,
    moves::DueDateMoveMutation,
    export::ExportMutation,
    saved_view::SavedViewMutation,
    calendar_feed::CalendarFeedMutation,
    folder::FolderMutation,
);

/// The subscriptions of the month.
#[derive(Default, MergedSubscription)]
pub struct MonthSubscription(
    task_type::TaskTypeSubscription,
    recurring_task::RecurringTaskSubscription,
    task::TaskSubscription,
    task::TaskCountsSubscription,
    document::DocumentSubscription,
    document::DocumentCountsSubscription,
    folder::FolderSubscription,
    task::TaskCommentSubscription,
    generation::TaskGenerationSubscription,
    export::ExportSubscription,
    saved_view::SavedViewSubscription,
);
