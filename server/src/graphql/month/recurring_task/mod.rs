//! Recurring tasks: which client has which kind of work.

mod input;
mod list;
mod mutation;
mod types;

pub use list::{
    RecurringTaskConnection, RecurringTaskFilter, RecurringTaskQuery, RecurringTaskSubscription,
    RecurringTasksListed, recurring_tasks_of,
};
pub use mutation::RecurringTaskMutation;
pub use types::RecurringTask;
