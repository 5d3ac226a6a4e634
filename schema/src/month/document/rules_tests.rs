use super::*;

fn day(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, day).unwrap()
}

/// each mark, case by case.
#[test]
fn a_04_marks() {
    use DocumentMark as M;
    use DocumentState as S;
    let at = DateTime::from_timestamp(1_790_000_000, 0);
    let (output, input) = (Direction::Output, Direction::Input);
    let cases = [
        (output, S::Filed, at, None, Some(9), M::OverdueUnread),
        (output, S::Filed, at, None, Some(10), M::DueTodayUnread),
        (output, S::Filed, at, None, Some(11), M::UpcomingUnread),
        (output, S::Filed, at, None, None, M::UpcomingUnread),
        (output, S::Filed, at, at, Some(9), M::Read),
        (output, S::Filed, at, at, None, M::Read),
        // Without a file the client is never late.
        (output, S::Expected, None, None, Some(9), M::AwaitingFirm),
        (output, S::Expected, None, None, None, M::AwaitingFirm),
        (output, S::Dropped, None, None, Some(9), M::Settled),
        // What was delivered stays delivered.
        (output, S::Dropped, at, None, Some(9), M::OverdueUnread),
        (input, S::Expected, None, None, Some(9), M::OverdueToHandIn),
        (input, S::Expected, None, None, Some(10), M::ToHandIn),
        (input, S::Expected, None, None, None, M::ToHandIn),
        (input, S::Rejected, None, None, Some(9), M::OverdueToHandIn),
        (input, S::Rejected, None, None, Some(11), M::ToHandIn),
        (input, S::Filed, None, None, Some(9), M::Settled),
        (input, S::NothingToSubmit, None, None, Some(9), M::Settled),
        (input, S::Dropped, None, None, Some(9), M::Settled),
    ];
    for (direction, state, published_at, read_at, due, expected) in cases {
        let of = Standing { direction, state, published_at, read_at, due_on: due.map(day) };
        assert_eq!(mark(of, day(10)), expected, "{of:?}");
    }
}
