//! Clients: real ones (curl, openssl), and a TCP stream that does exactly what a test says.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddrV4, TcpStream};
use std::os::fd::AsRawFd as _;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use nix::libc::linger;
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrIn, bind, connect, setsockopt, socket, sockopt,
};

use super::wait::pause;
use super::{CLIENT, Network, POD, Pki};
use crate::command::{require, shown};

/// What a client did and what came of it.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Its source port: how reports tell it from others.
    pub port: u16,
    /// The command line.
    pub command: String,
    /// Whether the client was content.
    pub ok: bool,
    /// The client's own words.
    pub said: String,
    /// How long the client ran: nothing on the wire took longer.
    pub lasted: Duration,
}

/// curl to `https://NAME/`, or to the address itself, which sends no server_name (RFC 6066 section 3).
#[derive(Clone, Debug, Default)]
pub struct Curl<'a> {
    name: Option<&'a str>,
    path: &'a str,
    arguments: Vec<&'a str>,
}

impl<'a> Curl<'a> {
    /// To a name.
    pub fn to(name: &'a str) -> Self {
        Self {
            name: Some(name),
            ..Self::default()
        }
    }

    /// To the server's address, as somebody does who tries without DNS.
    pub fn to_address() -> Self {
        Self::default().with(&["--insecure"])
    }

    /// More arguments.
    #[must_use]
    pub fn with(mut self, arguments: &[&'a str]) -> Self {
        self.arguments.extend_from_slice(arguments);
        self
    }

    /// Asks for a path below `/`.
    #[must_use]
    pub fn path(self, path: &'a str) -> Self {
        Self { path, ..self }
    }

    /// The command, with its source port.
    pub fn command(&self, port: u16, pki: &Pki) -> Result<Command> {
        let mut command = Command::new(require("curl")?);
        command.args([
            "--silent",
            "--show-error",
            "--max-time",
            "20",
            "--noproxy",
            "*",
        ]);
        command
            .args(["--local-port", &port.to_string()])
            .arg("--cacert")
            .arg(pki.authority());
        if let Some(name) = self.name {
            command.args(["--resolve", &format!("{name}:443:{POD}")]);
        }
        command.args(&self.arguments).arg(self.url());
        Ok(command)
    }

    fn url(&self) -> String {
        let host = self.name.map_or_else(|| POD.to_string(), str::to_owned);
        format!("https://{host}/{}", self.path)
    }

    /// The command without what only the lab needs.
    fn shown(&self) -> String {
        let mut command = Command::new("curl");
        shown(command.args(&self.arguments).arg(self.url()))
    }

    /// Runs it.
    pub fn run(&self, network: &Network, pki: &Pki) -> Result<Attempt> {
        let port = network.port();
        let mut command = self.command(port, pki)?;
        let (output, lasted) = timed(network, &mut command)?;
        let ok = output.status.success();
        let said = if ok { &output.stdout } else { &output.stderr };
        let said = String::from_utf8_lossy(said);
        Ok(Attempt {
            port,
            command: self.shown(),
            ok,
            said: said.lines().next().unwrap_or_default().to_owned(),
            lasted,
        })
    }
}

/// `openssl s_client` with arguments of one's own.
#[derive(Clone, Copy, Debug)]
pub struct SClient<'a> {
    arguments: &'a [&'a str],
}

impl<'a> SClient<'a> {
    /// With these arguments beside the address and the authority to trust.
    pub fn with(arguments: &'a [&'a str]) -> Self {
        Self { arguments }
    }

    /// Runs it; it ends as soon as the handshake is over.
    pub fn run(&self, network: &Network, pki: &Pki) -> Result<Attempt> {
        let port = network.port();
        let mut command = Command::new(require("openssl")?);
        command
            .args(["s_client", "-verify_return_error", "-CAfile"])
            .arg(pki.authority());
        command.args([
            "-bind",
            &format!("{CLIENT}:{port}"),
            "-connect",
            &format!("{POD}:443"),
        ]);
        command
            .args(self.arguments)
            .stdin(std::process::Stdio::null());
        let (output, lasted) = timed(network, &mut command)?;
        let stderr = String::from_utf8_lossy(&output.stderr);
        let stdout = String::from_utf8_lossy(&output.stdout);
        let ok = output.status.success();
        Ok(Attempt {
            port,
            command: format!(
                "openssl s_client -connect {POD}:443 {}",
                self.arguments.join(" ")
            ),
            ok,
            said: openssl_verdict(&stdout, &stderr, ok),
            lasted,
        })
    }
}

/// Runs a client to its end and takes the time.
#[expect(
    clippy::disallowed_methods,
    reason = "takes the time of another program"
)]
pub(super) fn timed(network: &Network, command: &mut Command) -> Result<(Output, Duration)> {
    let start = Instant::now();
    let output = network.client.inside(|| command.output())?;
    let output = output.with_context(|| format!("cannot start {}", shown(command)))?;
    Ok((output, start.elapsed()))
}

/// The one line that says how it went: the error, or what was negotiated.
fn openssl_verdict(stdout: &str, stderr: &str, ok: bool) -> String {
    let wanted: &[&str] = if ok {
        &["Cipher is"]
    } else {
        &[":error:", "errno", "error"]
    };
    wanted
        .iter()
        .find_map(|word| {
            stderr
                .lines()
                .chain(stdout.lines())
                .find(|line| line.contains(word))
        })
        .unwrap_or_default()
        .replace(
            "write:errno=104",
            "write:errno=104 (connection reset by peer)",
        )
}

/// How a connection ended for a client that read until it did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamEnd {
    /// RST.
    Reset,
    /// FIN, after these bytes.
    Closed(Vec<u8>),
    /// Nothing more came in time, after these bytes.
    Open(Vec<u8>),
}

/// A TCP connection from the client to the pod's port 443.
#[derive(Debug)]
pub struct Stream {
    tcp: TcpStream,
    /// Its source port.
    pub port: u16,
}

impl Stream {
    /// Connects; each later send is a segment of its own.
    pub fn connect(network: &Network) -> Result<Self> {
        let port = network.port();
        let tcp = network.client.inside(|| connect_from(port))??;
        tcp.set_nodelay(true)?;
        Ok(Self { tcp, port })
    }

    /// Sends bytes.
    pub fn send(&mut self, bytes: &[u8]) -> Result<()> {
        self.tcp.write_all(bytes).context("cannot send")
    }

    /// Sends bytes cut in pieces at these places, far enough apart to be segments of their own.
    pub fn send_cut(&mut self, bytes: &[u8], cuts: &[usize]) -> Result<()> {
        let mut rest = bytes;
        let mut sent = 0;
        for cut in cuts {
            let (piece, after) = rest
                .split_at_checked(cut - sent)
                .context("a cut past the end")?;
            self.send(piece)?;
            pause(Duration::from_millis(3))?;
            (rest, sent) = (after, *cut);
        }
        self.send(rest)
    }

    /// Reads until the connection ends or `limit` passes.
    pub fn read_to_end(&mut self, limit: Duration) -> Result<StreamEnd> {
        self.tcp.set_read_timeout(Some(limit))?;
        let mut bytes = Vec::new();
        match self.tcp.read_to_end(&mut bytes) {
            Ok(_) => Ok(StreamEnd::Closed(bytes)),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => Ok(StreamEnd::Reset),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(StreamEnd::Open(bytes)),
            Err(error) => Err(error).context("cannot read"),
        }
    }

    /// Ends the connection with RST.
    pub fn reset(self) -> Result<()> {
        let at_once = linger {
            l_onoff: 1,
            l_linger: 0,
        };
        setsockopt(&self.tcp, sockopt::Linger, &at_once).context("cannot set SO_LINGER")
    }
}

fn connect_from(port: u16) -> Result<TcpStream> {
    let fd = socket(
        AddressFamily::Inet,
        SockType::Stream,
        SockFlag::SOCK_CLOEXEC,
        None,
    )?;
    bind(fd.as_raw_fd(), &address(CLIENT, port))
        .with_context(|| format!("cannot take port {port}"))?;
    connect(fd.as_raw_fd(), &address(POD, 443)).context("cannot connect to the pod")?;
    Ok(TcpStream::from(fd))
}

fn address(ip: Ipv4Addr, port: u16) -> SockaddrIn {
    SockaddrIn::from(SocketAddrV4::new(ip, port))
}
