//! The working calendars of the firm: what it adds to the known holidays.

mod input;
mod list;
mod mutation;
mod types;

pub use list::{CalendarQuery, FirmHolidayQuery};
pub use mutation::CalendarMutation;
pub use types::FirmHoliday;
