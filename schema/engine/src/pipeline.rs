//! The results of statements that were sent together.
//!
//! After a failed statement PostgreSQL refuses every other one of the transaction (25P02), which says nothing about the
//! cause. The answers arrive in the order of the statements, but a task may look for them in between, and see the second
//! before the first. So all are awaited, and the first error in the order of the statements counts.

/// A tuple of results.
pub trait InOrder {
    /// The values.
    type Values;
    /// The error.
    type Error;

    /// All values, or the error of the first statement that failed.
    ///
    /// # Errors
    /// That of the first result that is one.
    fn in_order(self) -> Result<Self::Values, Self::Error>;
}

macro_rules! in_order {
    ($($value:ident),+) => {
        impl<$($value,)+ E> InOrder for ($(Result<$value, E>,)+) {
            type Values = ($($value,)+);
            type Error = E;

            fn in_order(self) -> Result<Self::Values, E> {
                #[allow(non_snake_case)]
                let ($($value,)+) = self;
                Ok(($($value?,)+))
            }
        }
    };
}

in_order!(A, B);
in_order!(A, B, C);
in_order!(A, B, C, D);
