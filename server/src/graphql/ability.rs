//! What the viewer may do now, so that frontends can show it in advance.

use std::borrow::Cow;

use async_graphql::{ComplexObject, Context, OutputType, SimpleObject, TypeName};
use guichet_base::error::{self, Refusal};
use guichet_base::i18n;
use guichet_edge::ApiError;
use guichet_schema::people::rights;

use crate::graphql::caller::Caller;
use crate::graphql::mirror::mirror;
use crate::graphql::payload::UserErrorCode;

/// Whether the viewer may perform an action now. It is decided by the rules of the mutation itself, so an allowed
/// action succeeds unless something changes in the meantime.
#[derive(Debug, SimpleObject)]
#[graphql(name_type, complex)]
pub struct Ability<A: OutputType> {
    /// The action.
    act: A,
    /// Whether the action is allowed.
    allowed: bool,
    /// The error code of the mutation; null when the action is allowed.
    reason: Option<UserErrorCode>,
}

#[ComplexObject]
impl<A: OutputType> Ability<A> {
    /// The error message, in the language of the viewer; null when the action is allowed.
    async fn message(&self, ctx: &Context<'_>) -> Option<String> {
        let code = self.reason?.into();
        Some(i18n::refusal(Caller::of(ctx).locale, &Refusal::new(code)))
    }
}

impl<A: OutputType> Ability<A> {
    /// The ability to do `act`, as decided by its rule.
    pub fn new(act: A, rule: Result<(), error::Code>) -> Self {
        Self { act, allowed: rule.is_ok(), reason: rule.err().map(Into::into) }
    }
}

/// For example, `TicketAct` gives `TicketAbility`.
impl<A: OutputType> TypeName for Ability<A> {
    fn type_name() -> Cow<'static, str> {
        let act = A::type_name();
        format!("{}Ability", act.strip_suffix("Act").unwrap_or(&act)).into()
    }
}

mirror!(FirmAct => rights::FirmAct);

/// The abilities for these actions, as decided by their `rule`.
pub fn abilities<A: OutputType, B: Copy + Into<A>>(
    acts: &[B],
    rule: impl Fn(B) -> Result<(), error::Code>,
) -> Vec<Ability<A>> {
    acts.iter().map(|act| Ability::new((*act).into(), rule(*act))).collect()
}

/// The abilities of the viewer for these actions, each of which requires a `right`.
///
/// # Errors
/// `UNAUTHENTICATED` without a membership.
pub fn abilities_by_right<A: OutputType, B: Copy + Into<A>>(
    ctx: &Context<'_>,
    acts: &[B],
    right: impl Fn(B) -> rights::FirmAct,
) -> Result<Vec<Ability<A>>, ApiError> {
    let by = &Caller::of(ctx).actor()?.membership;
    Ok(abilities(acts, |act| rights::may(by, right(act))))
}
