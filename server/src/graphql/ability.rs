//! What the viewer may do now, so that frontends show it before it is tried.

use std::borrow::Cow;

use async_graphql::{ComplexObject, Context, OutputType, SimpleObject, TypeName};
use guichet_base::error::{self, Refusal};
use guichet_base::i18n;
use guichet_engine::actor::Membership;
use guichet_schema::people::rights;

use crate::graphql::caller::Caller;
use crate::graphql::mirror::mirror;
use crate::graphql::payload::UserErrorCode;

/// Whether the viewer may do something now. It is decided by the rules that the mutation follows:
/// what is allowed here is done there, unless things change in between.
#[derive(Debug, SimpleObject)]
#[graphql(name_type, complex)]
pub struct Ability<A: OutputType> {
    /// The act.
    act: A,
    /// Whether it would be done.
    allowed: bool,
    /// Why it would be refused; null when it is allowed.
    reason: Option<UserErrorCode>,
}

#[ComplexObject]
impl<A: OutputType> Ability<A> {
    /// Why it would be refused, in the viewer's language; null when it is allowed.
    async fn message(&self, ctx: &Context<'_>) -> Option<String> {
        let code = self.reason?.into();
        Some(i18n::refusal(Caller::of(ctx).locale, &Refusal::new(code)))
    }
}

impl<A: OutputType> Ability<A> {
    /// The ability to do `act`, as its rule decided.
    pub fn new(act: A, rule: Result<(), error::Code>) -> Self {
        Self { act, allowed: rule.is_ok(), reason: rule.err().map(Into::into) }
    }
}

/// `TicketAct` gives `TicketAbility`.
impl<A: OutputType> TypeName for Ability<A> {
    fn type_name() -> Cow<'static, str> {
        let act = A::type_name();
        format!("{}Ability", act.strip_suffix("Act").unwrap_or(&act)).into()
    }
}

mirror!(FirmAct => rights::FirmAct);

/// What a membership may do of these.
pub fn abilities(membership: &Membership, acts: &[rights::FirmAct]) -> Vec<Ability<FirmAct>> {
    acts.iter().map(|act| Ability::new((*act).into(), rights::may(membership, *act))).collect()
}
