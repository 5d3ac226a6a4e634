//! Measures of what is streamed outside of GraphQL: uploads and downloads at our own addresses, and lists as files.

use std::time::Instant;

use futures_util::{Stream, StreamExt, stream};
use metrics::{Unit, counter, describe_counter, describe_histogram, histogram};

const COUNT: &str = "guichet_transfers_total";
const DURATION: &str = "guichet_transfer_seconds";
const BYTES: &str = "guichet_transfer_bytes_total";

/// What is streamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// A file from a client.
    Upload,
    /// A file to a client.
    Download,
    /// A list as a file to a client.
    Export,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// All of it was transferred.
    Ok,
    /// The request was refused.
    Refused,
    /// The client went away or was too slow, or the process stopped.
    Interrupted,
    /// The store or the database did not do its part.
    Unavailable,
}

impl Direction {
    const ALL: [Self; 3] = [Self::Upload, Self::Download, Self::Export];

    /// The name in metrics and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Upload => "upload",
            Self::Download => "download",
            Self::Export => "export",
        }
    }
}

impl Ending {
    const ALL: [Self; 4] = [Self::Ok, Self::Refused, Self::Interrupted, Self::Unavailable];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Refused => "refused",
            Self::Interrupted => "interrupted",
            Self::Unavailable => "unavailable",
        }
    }
}

/// Describes the metrics to the recorder, and begins every counter at 0.
pub fn begin() {
    describe_counter!(COUNT, "Uploads and downloads below /files/, and exports, by outcome");
    describe_histogram!(DURATION, Unit::Seconds, "How long they took");
    describe_counter!(BYTES, Unit::Bytes, "Bytes of bodies received or handed to the network");
    for direction in Direction::ALL {
        for ending in Ending::ALL {
            counter!(COUNT, "direction" => direction.as_str(), "outcome" => ending.as_str()).increment(0);
        }
        counter!(BYTES, "direction" => direction.as_str()).increment(0);
    }
}

/// One transfer, measured when it is dropped.
#[derive(Debug)]
pub struct Transfer {
    direction: Direction,
    begun: Instant,
    bytes: u64,
    ending: Ending,
}

impl Transfer {
    /// Begins one, which is interrupted unless it is told otherwise.
    pub fn begin(direction: Direction) -> Self {
        Self { direction, begun: Instant::now(), bytes: 0, ending: Ending::Interrupted }
    }

    /// Sets how it ends.
    pub fn ends(&mut self, ending: Ending) {
        self.ending = ending;
    }

    /// Counts bytes.
    pub fn moved(&mut self, bytes: usize) {
        self.bytes += bytes as u64;
    }

    /// A body that is measured: it is complete after `length` bytes, or at its end.
    pub fn follow<T, E>(
        self,
        body: impl Stream<Item = Result<T, E>> + Send,
        length: Option<u64>,
    ) -> impl Stream<Item = Result<T, E>> + Send
    where
        T: AsRef<[u8]> + Send,
        E: Send,
    {
        stream::unfold((Box::pin(body), self), move |(mut body, mut transfer)| async move {
            // A client that is told the length needs no end, and the server does not ask for one.
            let Some(next) = body.next().await else {
                // A body that broke off ends, too.
                if transfer.ending != Ending::Unavailable {
                    transfer.ends(Ending::Ok);
                }
                return None;
            };
            match &next {
                Ok(chunk) => transfer.moved(chunk.as_ref().len()),
                Err(_) => transfer.ends(Ending::Unavailable),
            }
            if length.is_some_and(|length| transfer.bytes >= length) {
                transfer.ends(Ending::Ok);
            }
            Some((next, (body, transfer)))
        })
        // Whoever compresses it asks once more after the end.
        .fuse()
    }
}

impl Drop for Transfer {
    fn drop(&mut self) {
        let direction = self.direction.as_str();
        counter!(COUNT, "direction" => direction, "outcome" => self.ending.as_str()).increment(1);
        counter!(BYTES, "direction" => direction).increment(self.bytes);
        histogram!(DURATION, "direction" => direction).record(self.begun.elapsed());
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use metrics_exporter_prometheus::PrometheusBuilder;

    use super::*;

    #[test]
    fn a_body_is_measured_to_its_end() {
        let recorder = PrometheusBuilder::new().build_recorder();
        metrics::with_local_recorder(&recorder, || {
            begin();
            let follow = |chunks: &[Result<&'static str, ()>], length| {
                let body = stream::iter(chunks.to_vec());
                Box::pin(Transfer::begin(Direction::Download).follow(body, length))
            };
            assert_eq!(
                follow(&[Ok("ab"), Ok("c")], None).collect::<Vec<_>>().now_or_never().unwrap().len(),
                2
            );
            // The server stops at the announced length.
            let _ = follow(&[Ok("ab"), Ok("c")], Some(2)).next().now_or_never();
            // The client stops before.
            let _ = follow(&[Ok("ab"), Ok("c")], Some(3)).next().now_or_never();
            let _ = follow(&[Ok("ab"), Err(())], Some(3)).collect::<Vec<_>>().now_or_never();
            let _ = follow(&[], Some(0)).collect::<Vec<_>>().now_or_never();
        });
        let text = recorder.handle().render();
        for line in [
            "guichet_transfers_total{direction=\"download\",outcome=\"ok\"} 3",
            "guichet_transfers_total{direction=\"download\",outcome=\"interrupted\"} 1",
            "guichet_transfers_total{direction=\"download\",outcome=\"unavailable\"} 1",
            "guichet_transfers_total{direction=\"upload\",outcome=\"ok\"} 0",
            "guichet_transfer_bytes_total{direction=\"download\"} 9",
        ] {
            assert!(text.contains(&format!("{line}\n")), "{line}\n{text}");
        }
    }
}
