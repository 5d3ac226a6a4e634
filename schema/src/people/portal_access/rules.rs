//! Rules of portal accesses, as pure functions.

use guichet_engine::actor::AccessRole;

use super::model::AccessStatus;

/// The role of a new access: the requested one, by default `ADMIN` for a client's first access and `COLLABORATOR`
/// for every later one (B-03). Disabled accesses do not count.
pub fn role(asked: Option<AccessRole>, others: &[AccessStatus]) -> AccessRole {
    let first = others.iter().all(|status| *status == AccessStatus::Disabled);
    asked.unwrap_or(if first { AccessRole::Admin } else { AccessRole::Collaborator })
}

#[cfg(test)]
mod tests {
    use super::*;
    use AccessRole::{Admin, Collaborator};
    use AccessStatus::{Active, Disabled, Invited, Pending};

    /// B-03: the first access of a client is its admin.
    #[test]
    fn the_first_is_admin() {
        let cases: &[(Option<AccessRole>, &[AccessStatus], AccessRole)] = &[
            (None, &[], Admin),
            (None, &[Disabled, Disabled], Admin),
            (None, &[Invited], Collaborator),
            (None, &[Disabled, Pending], Collaborator),
            (None, &[Active], Collaborator),
            (Some(Collaborator), &[], Collaborator),
            (Some(Admin), &[Active], Admin),
        ];
        for (asked, others, expected) in cases {
            assert_eq!(role(*asked, others), *expected, "{asked:?} beside {others:?}");
        }
    }
}
