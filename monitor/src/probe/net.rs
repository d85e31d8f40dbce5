//! Sockets, the clock, randomness and the resolver: what a probe cannot do without, and nothing else.
#![expect(
    clippy::disallowed_methods,
    reason = "a probe waits for a server, and tells how long"
)]

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpStream, ToSocketAddrs as _};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::answer::{Answer, Ending};
use super::dialogue::{Cut, Dialogue, Next};
use super::{Asked, Target};
use crate::frame::Timestamp;

/// How long the connection is looked at before the hello is sent: some servers end it unasked.
const BEFORE: Duration = Duration::from_millis(10);
/// How long a server may take to mind that there is no client certificate.
const DECLINED: Duration = Duration::from_secs(1);
/// How long is waited for the server's FIN at the end, so that closing does not reset the connection.
const LINGER: Duration = Duration::from_millis(250);
/// Size and distance of pieces that are to be segments of their own.
const PIECE: usize = 400;
const BETWEEN_PIECES: Duration = Duration::from_millis(5);

/// Alert close_notify, level warning.
const CLOSE_NOTIFY: [u8; 7] = [21, 3, 3, 0, 2, 1, 0];

/// No address was found for a host.
#[derive(Debug, thiserror::Error)]
#[error("cannot resolve {host}")]
pub struct NoAddressError {
    host: String,
    source: io::Error,
}

/// Asks on a connection of its own. It takes no longer than twice `timeout` and a second and a half.
pub fn ask(address: SocketAddr, asked: &Asked, timeout: Duration) -> Answer {
    let begin = Instant::now();
    let stream = match TcpStream::connect_timeout(&address, timeout) {
        Ok(stream) => stream,
        Err(error) => {
            let ending = unconnected(&error);
            return Answer::without_dialogue(ending, None, begin.elapsed());
        }
    };
    let connect = begin.elapsed();
    let connected = Instant::now();
    match send(&stream, asked) {
        Ok(()) => listen(stream, asked, timeout, connect),
        Err(reset) => {
            let ending = Ending::HungUp { reset };
            Answer::without_dialogue(ending, Some(connect), connected.elapsed())
        }
    }
}

fn unconnected(error: &io::Error) -> Ending {
    match error.kind() {
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset => Ending::Refused,
        ErrorKind::TimedOut | ErrorKind::WouldBlock => Ending::ConnectTimeout,
        _ => Ending::Unreachable(error.to_string()),
    }
}

/// Sends the hello, unless the connection ended before: `true` when by RST.
fn send(mut stream: &TcpStream, asked: &Asked) -> Result<(), bool> {
    let is_reset = |error: io::Error| error.kind() == ErrorKind::ConnectionReset;
    let _ = stream.set_nodelay(true);
    if let Some(reset) = ended_within(stream, BEFORE) {
        return Err(reset);
    }
    let size = if asked.in_pieces() {
        PIECE
    } else {
        asked.bytes.len().max(1)
    };
    for (number, piece) in asked.bytes.chunks(size).enumerate() {
        // Who answers in the middle of a hello is heard later.
        if number > 0 {
            let _ = ended_within(stream, BETWEEN_PIECES);
        }
        if let Err(error) = stream.write_all(piece) {
            return if number > 0 {
                Ok(())
            } else {
                Err(is_reset(error))
            };
        }
    }
    Ok(())
}

/// Waits, and tells whether the server ended the connection meanwhile: `true` when by RST.
fn ended_within(stream: &TcpStream, time: Duration) -> Option<bool> {
    stream.set_read_timeout(Some(time)).ok()?;
    match stream.peek(&mut [0]) {
        Ok(0) => Some(false),
        Err(error) if error.kind() == ErrorKind::ConnectionReset => Some(true),
        Ok(_) | Err(_) => None,
    }
}

/// Listens until the question is answered, the connection ends, or time is up.
fn listen(mut stream: TcpStream, asked: &Asked, timeout: Duration, connect: Duration) -> Answer {
    let sent = Instant::now();
    let mut deadline = sent + timeout;
    let mut answered = None;
    let mut dialogue = Dialogue::new(asked.name());
    let cut = loop {
        let next = match read(&mut stream, deadline, &mut dialogue) {
            Ok(next) => next,
            Err(cut) => break cut,
        };
        if dialogue.is_answered() {
            answered.get_or_insert_with(|| sent.elapsed());
        }
        match next {
            Next::Read => {}
            Next::Close => break Cut::Ours,
            Next::Send(bytes) => {
                let _ = stream.write_all(&bytes);
                deadline = Instant::now() + DECLINED.min(timeout);
            }
        }
    };
    let took = answered.unwrap_or_else(|| sent.elapsed());
    if matches!(cut, Cut::Ours | Cut::Timeout) {
        leave(stream, dialogue.is_plain());
    }
    dialogue.end(&cut, connect, took)
}

fn read(
    stream: &mut TcpStream,
    deadline: Instant,
    dialogue: &mut Dialogue<'_>,
) -> Result<Next, Cut> {
    let mut buffer = [0; 16 * 1024];
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() || stream.set_read_timeout(Some(left)).is_err() {
        return Err(Cut::Timeout);
    }
    match stream.read(&mut buffer) {
        Ok(0) => Err(Cut::Closed),
        Ok(len) => Ok(dialogue.receive(buffer.get(..len).unwrap_or_default())),
        Err(error) if error.kind() == ErrorKind::Interrupted => Ok(Next::Read),
        Err(error) if is_timeout(&error) => Err(Cut::Timeout),
        Err(_) => Err(Cut::Reset),
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// Leaves as a client does that has changed its mind: close_notify while it may still be plain, FIN, and no RST for what the
/// server sends meanwhile.
fn leave(mut stream: TcpStream, plain: bool) {
    if plain {
        let _ = stream.write_all(&CLOSE_NOTIFY);
    }
    let _ = stream.shutdown(Shutdown::Write);
    let end = Instant::now() + LINGER;
    let mut buffer = [0; 16 * 1024];
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() || stream.set_read_timeout(Some(left)).is_err() {
            return;
        }
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
    }
}

/// The addresses of a host, in the order in which the system prefers them. The system's own patience is cut short.
pub fn resolve(target: &Target, timeout: Duration) -> Result<Vec<IpAddr>, NoAddressError> {
    if let Some(address) = target.address() {
        return Ok(vec![address]);
    }
    let (tell, told) = mpsc::channel();
    let question = (target.host.clone(), target.port());
    thread::spawn(move || {
        let found = question.to_socket_addrs();
        let _ = tell.send(found.map(|found| found.map(|one| one.ip()).collect::<Vec<_>>()));
    });
    let fault = |source| NoAddressError {
        host: target.host.clone(),
        source,
    };
    let found = told
        .recv_timeout(timeout)
        .unwrap_or_else(|_| Err(ErrorKind::TimedOut.into()))
        .map_err(fault)?;
    if found.is_empty() {
        return Err(fault(ErrorKind::NotFound.into()));
    }
    Ok(found)
}

/// A seed that nobody can foresee.
pub fn seed() -> io::Result<[u8; 32]> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(io::Error::from)?;
    Ok(seed)
}

/// Now.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let nanos = since.map_or(0, |since| since.as_nanos());
    Timestamp(u64::try_from(nanos).unwrap_or(u64::MAX))
}
