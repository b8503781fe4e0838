//! Every way in which a provider fails, as a list: so that a test can say "for each of them".
//!
//! A [`Chaos`] is a state of a provider: what happens to connections ([`Transport`], refused) and what happens to calls
//! ([`Behaviour`]). [`FakeUpstream::chaos`] starts a fake that is in it. All completions fare alike, whichever model they
//! name (but for names that stand for something, [`Behaviour::for_model`]); the list of models is answered wherever HTTP is
//! spoken at all, unless the test says otherwise ([`FakeUpstream::always_models`]).

use std::time::Duration;

use crate::upstream::Transport;
use crate::{Behaviour, Dialect, FakeUpstream, Fault, Reply, RetryAfter, UpstreamOptions};

#[cfg(test)]
mod tests;

/// How long [`Chaos::SlowHeaders`] takes to say its status line and headers. Callers are to have lost patience long before.
pub const SLOW_HEADERS: Duration = Duration::from_secs(5);
/// How long [`Chaos::Trickles`] takes for a whole body. The first event of a stream is there after more than a second.
pub const TRICKLE: Duration = Duration::from_secs(30);

/// What is wrong with a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Chaos {
    /// Nobody listens. [`FakeUpstream::resume_listening`] ends it.
    Refused,
    /// [`Fault::CloseBeforeHeaders`].
    ClosesBeforeHeaders,
    /// [`Fault::ResetBeforeHeaders`].
    ResetsBeforeHeaders,
    /// [`Transport::SelfSigned`].
    TlsUntrusted,
    /// [`Transport::CutHandshake`].
    TlsCut,
    /// [`Transport::PlainAnswer`].
    TlsPlainAnswer,
    /// [`Fault::NeverAnswers`].
    NeverAnswers,
    /// [`Fault::SilentAfterHeaders`].
    SilentAfterHeaders,
    /// A proper reply, with a head that takes [`SLOW_HEADERS`].
    SlowHeaders,
    /// A proper reply, byte by byte over [`TRICKLE`].
    Trickles,
    /// 429, `retry-after: 2`.
    LimitedSeconds,
    /// 429, `retry-after` a date two seconds ahead.
    LimitedDate,
    /// 429, `retry-after-ms: 1500`.
    LimitedMilliseconds,
    /// 429 that does not say when to come back.
    LimitedSilently,
    /// 500 in the provider's shape.
    Status500,
    /// 502 in the provider's shape.
    Status502,
    /// 503 in the provider's shape.
    Status503,
    /// 503, `retry-after: 2`.
    Status503RetryAfter,
    /// 529, as Anthropic says that it is overloaded.
    Status529,
    /// 502 and a proxy's page.
    HtmlPage,
    /// 200 and a proxy's page.
    HtmlPageWith200,
    /// [`Fault::ErrorWith200`].
    ErrorWith200,
    /// [`Fault::ErrorFirstEvent`]; 500 where nothing is streamed.
    ErrorFirstEvent,
    /// 200 and no body.
    Empty,
    /// [`Fault::ResetMidBody`].
    ResetsMidBody,
    /// [`Fault::CloseMidBody`]; a stream ends inside an event.
    ClosesMidBody,
    /// [`Fault::CloseBetweenEvents`]; half a body where nothing is streamed.
    ClosesBetweenEvents,
    /// [`Fault::Truncated`].
    Truncated,
    /// [`Fault::BrokenSse`].
    BrokenEvents,
    /// [`Fault::InvalidUtf8`].
    InvalidUtf8,
    /// [`Fault::ErrorMidStream`]; 500 where nothing is streamed.
    ErrorMidStream,
    /// [`Fault::Stalls`].
    Stalls,
    /// [`Fault::LengthTooLong`].
    LengthTooLong,
    /// [`Fault::LengthTooShort`].
    LengthTooShort,
    /// Two calls end in a 500, the next two are answered, and so on.
    Flapping,
    /// Half of the calls are answered; the others end in one of six faults, drawn with a fixed seed.
    Mixed,
    /// Three requests a second, counted from the first; then 429 with `retry-after: 1`.
    Limited,
}

/// States that are alike in what a caller notices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// There is no connection, or it ends before it says anything.
    Connection,
    /// There is no TLS.
    Tls,
    /// Nothing comes, or far too slowly.
    Silence,
    /// The status says it.
    Status,
    /// The status says otherwise.
    FalseSuccess,
    /// The answer begins well.
    MidAnswer,
    /// Some calls are answered.
    Changing,
}

impl Chaos {
    pub const ALL: [Self; 37] = [
        Self::Refused,
        Self::ClosesBeforeHeaders,
        Self::ResetsBeforeHeaders,
        Self::TlsUntrusted,
        Self::TlsCut,
        Self::TlsPlainAnswer,
        Self::NeverAnswers,
        Self::SilentAfterHeaders,
        Self::SlowHeaders,
        Self::Trickles,
        Self::LimitedSeconds,
        Self::LimitedDate,
        Self::LimitedMilliseconds,
        Self::LimitedSilently,
        Self::Status500,
        Self::Status502,
        Self::Status503,
        Self::Status503RetryAfter,
        Self::Status529,
        Self::HtmlPage,
        Self::HtmlPageWith200,
        Self::ErrorWith200,
        Self::ErrorFirstEvent,
        Self::Empty,
        Self::ResetsMidBody,
        Self::ClosesMidBody,
        Self::ClosesBetweenEvents,
        Self::Truncated,
        Self::BrokenEvents,
        Self::InvalidUtf8,
        Self::ErrorMidStream,
        Self::Stalls,
        Self::LengthTooLong,
        Self::LengthTooShort,
        Self::Flapping,
        Self::Mixed,
        Self::Limited,
    ];

    pub fn family(self) -> Family {
        match self {
            Self::Refused | Self::ClosesBeforeHeaders | Self::ResetsBeforeHeaders => Family::Connection,
            Self::TlsUntrusted | Self::TlsCut | Self::TlsPlainAnswer => Family::Tls,
            Self::NeverAnswers | Self::SilentAfterHeaders | Self::SlowHeaders | Self::Trickles => {
                Family::Silence
            }
            Self::LimitedSeconds
            | Self::LimitedDate
            | Self::LimitedMilliseconds
            | Self::LimitedSilently
            | Self::Status500
            | Self::Status502
            | Self::Status503
            | Self::Status503RetryAfter
            | Self::Status529
            | Self::HtmlPage => Family::Status,
            Self::HtmlPageWith200 | Self::ErrorWith200 | Self::ErrorFirstEvent | Self::Empty => {
                Family::FalseSuccess
            }
            Self::ResetsMidBody
            | Self::ClosesMidBody
            | Self::ClosesBetweenEvents
            | Self::Truncated
            | Self::BrokenEvents
            | Self::InvalidUtf8
            | Self::ErrorMidStream
            | Self::Stalls
            | Self::LengthTooLong
            | Self::LengthTooShort => Family::MidAnswer,
            Self::Flapping | Self::Mixed | Self::Limited => Family::Changing,
        }
    }

    /// Whether a stream may fail after its first token, when no other deployment can take over any more. An answer that
    /// is not streamed can always be asked for again.
    pub fn may_break_a_stream(self) -> bool {
        self.family() == Family::MidAnswer || self == Self::Mixed
    }

    /// What happens to a connection, where there is one.
    pub fn transport(self) -> Transport {
        match self {
            Self::TlsUntrusted => Transport::SelfSigned,
            Self::TlsCut => Transport::CutHandshake,
            Self::TlsPlainAnswer => Transport::PlainAnswer,
            _ => Transport::Plain,
        }
    }

    /// What happens to a call, where one arrives.
    pub fn behaviour(self) -> Behaviour {
        let busy = |status, after| Fault::Busy { status, after };
        let fault = match self {
            Self::Refused | Self::TlsUntrusted | Self::TlsCut | Self::TlsPlainAnswer => {
                return Behaviour::default();
            }
            Self::SlowHeaders => return Reply::default().head_over(SLOW_HEADERS).into(),
            Self::Trickles => return Reply::default().trickled(TRICKLE).into(),
            Self::Flapping => {
                return Behaviour::cycle([(2, Fault::status(500).into()), (2, Behaviour::default())]);
            }
            Self::Mixed => return mixed(),
            Self::Limited => return Behaviour::limited(3, Duration::from_secs(1)),
            Self::ClosesBeforeHeaders => Fault::CloseBeforeHeaders,
            Self::ResetsBeforeHeaders => Fault::ResetBeforeHeaders,
            Self::NeverAnswers => Fault::NeverAnswers,
            Self::SilentAfterHeaders => Fault::SilentAfterHeaders,
            Self::LimitedSeconds => busy(429, RetryAfter::Seconds(2)),
            Self::LimitedDate => busy(429, RetryAfter::Date(2)),
            Self::LimitedMilliseconds => busy(429, RetryAfter::Milliseconds(1500)),
            Self::LimitedSilently => Fault::Status { status: 429, retry_after: None },
            Self::Status500 => Fault::status(500),
            Self::Status502 => Fault::status(502),
            Self::Status503 => Fault::status(503),
            Self::Status503RetryAfter => busy(503, RetryAfter::Seconds(2)),
            Self::Status529 => Fault::status(529),
            Self::HtmlPage => Fault::Html { status: 502 },
            Self::HtmlPageWith200 => Fault::Html { status: 200 },
            Self::ErrorWith200 => Fault::ErrorWith200,
            Self::ErrorFirstEvent => Fault::ErrorFirstEvent,
            Self::Empty => Fault::Empty,
            Self::ResetsMidBody => Fault::ResetMidBody,
            Self::ClosesMidBody => Fault::CloseMidBody,
            Self::ClosesBetweenEvents => Fault::CloseBetweenEvents,
            Self::Truncated => Fault::Truncated,
            Self::BrokenEvents => Fault::BrokenSse,
            Self::InvalidUtf8 => Fault::InvalidUtf8,
            Self::ErrorMidStream => Fault::ErrorMidStream,
            Self::Stalls => Fault::Stalls,
            Self::LengthTooLong => Fault::LengthTooLong,
            Self::LengthTooShort => Fault::LengthTooShort,
        };
        fault.into()
    }
}

fn mixed() -> Behaviour {
    let seed = 20_250_101;
    Behaviour::mixed(
        seed,
        [
            (6, Behaviour::default()),
            (1, Fault::status(500).into()),
            (1, Fault::status(429).into()),
            (1, Fault::CloseBeforeHeaders.into()),
            (1, Fault::ErrorFirstEvent.into()),
            (1, Fault::ErrorWith200.into()),
            (1, Fault::CloseBetweenEvents.into()),
        ],
    )
}

impl FakeUpstream {
    /// A provider in this state, on a free port. Its URL is of the scheme it takes to get there.
    pub async fn chaos(dialect: Dialect, chaos: Chaos) -> Self {
        let upstream = Self::start_over(chaos.transport(), dialect, UpstreamOptions::default())
            .expect("a free loopback port, and openssl for a certificate");
        upstream.always(chaos.behaviour());
        if chaos == Chaos::Refused {
            upstream.pause_listening().await;
        }
        upstream
    }
}
