//! The declarations. A new noun that belongs to a client is declared here; nothing else decides who can see it.

use super::{OfSubject, Reach, Reached, Shown};
use crate::actor::Area;
use crate::tables;

/// Declares who can see the rows of tables, see [`Reach`]. `$` is passed in because the macro itself declares a
/// macro.
macro_rules! reached {
    ($d:tt $(
        $table:ident as $noun:literal {
            client: $client:ident, people: [$($person:ident),*], department: [$($department:ident)?],
            area: [$($area:ident)?], category: [$($category:ident)?], internal: $internal:literal,
            work: $work:literal, subject: $subject:literal,
            with: [$($column:ident of $other:ident),*] $(,)?
        }
    )+) => {
        /// One declaration per table.
        #[allow(non_upper_case_globals, reason = "each is named as its table")]
        mod rows {
            use super::{Area, Reach};

            $(pub(super) static $table: Reach = Reach {
                noun: $noun,
                table: stringify!($table),
                client: stringify!($client),
                people: &[$(stringify!($person)),*],
                department: reached!(@ $(stringify!($department))?),
                area: reached!(@ $(Area::$area)?),
                category: reached!(@ $(stringify!($category))?),
                internal: $internal,
                is_work: $work,
                is_subject: $subject,
                with: &[$((stringify!($column), &$other)),*],
            };)+
        }

        /// All declarations.
        pub static ALL: &[&Reach] = &[$(&rows::$table),+];

        $(impl Reached for tables::$table::table {
            fn reach() -> &'static Reach {
                &rows::$table
            }
        })+

        /// Who can see a row, according to its table's declaration: `audience!(tickets, ticket, portfolio)`, with
        /// the accountant of the row's client.
        #[macro_export]
        macro_rules! audience {
            $(($table, $d row:expr, $d portfolio:expr) => {{
                let row = $d row;
                $crate::reach::Audience::of_row(
                    row.$client,
                    [$(Option::<guichet_base::id::StaffId>::from(row.$person)),*],
                    $d portfolio,
                    None$(.or(Option::<guichet_base::id::DepartmentId>::from(row.$department)))?,
                    None$(.or(Some($crate::actor::Area::$area)))?$(.or($crate::actor::Area::parse(row.$category.as_str())))?,
                )
                .internal_if($internal)
            }};)+
        }
    };
    (@) => { None };
    (@ $value:expr) => { Some($value) };
}

/// Declares which tables are as visible as their subject, and which of their rows portal users can see.
macro_rules! of_subject {
    ($($table:ident: $shown:ident),+ $(,)?) => {$(
        impl OfSubject for tables::$table::table {
            const TABLE: &'static str = stringify!($table);
            const SHOWN: Shown = Shown::$shown;
        }
    )+};
}

reached! { $
    clients as "client" {
        client: id, people: [accountant_id], department: [],
        area: [], category: [], internal: false, work: false, subject: true, with: [],
    }
    tickets as "ticket" {
        client: client_id, people: [assignee_id, opened_by_staff], department: [department_id],
        area: [Tickets], category: [], internal: false, work: true, subject: true, with: [],
    }
    charges as "charge" {
        client: client_id, people: [], department: [],
        area: [Charges], category: [], internal: false, work: false, subject: false, with: [ticket_id of tickets],
    }
    recurring_tasks as "recurring" {
        client: client_id, people: [assignee_id], department: [],
        area: [], category: [], internal: true, work: false, subject: false, with: [],
    }
    tasks as "task" {
        client: client_id, people: [assignee_id], department: [department_id],
        area: [], category: [], internal: true, work: true, subject: true, with: [],
    }
    folders as "folder" {
        client: client_id, people: [], department: [],
        area: [], category: [], internal: false, work: false, subject: false, with: [],
    }
    documents as "document" {
        client: client_id, people: [assignee_id], department: [department_id],
        area: [], category: [category], internal: false, work: false, subject: true, with: [],
    }
}

of_subject! {
    attachments: ByVisibility,
    changes: ToBoth,
    email_deliveries: ToStaff,
    messages: ByVisibility,
    notifications: ToStaff,
}
