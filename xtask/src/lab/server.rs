//! Servers in the pod, each listening on port 443 when its constructor returns.

use std::fs;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use super::wait::{pause, until};
use super::{Network, Pki, Process};
use crate::command::require;
use crate::setup;

/// The port that every server of the lab listens on.
const PORT: u16 = 443;

/// How long a server may take to start: Envoy in an emulated machine, on one that is busy, has taken more than half a minute.
const START: Duration = Duration::from_mins(2);

/// A real server in the pod's namespace.
#[derive(Debug)]
pub struct Server {
    process: Process,
}

impl Server {
    /// Envoy with one filter chain, for `name`, and no default.
    pub fn envoy(network: &Network, pki: &Pki, name: &str) -> Result<Self> {
        let config = pki.folder().join("envoy.yaml");
        fs::write(&config, filled(include_str!("envoy.yaml"), pki, name))?;
        let mut command = Command::new(setup::envoy());
        command.arg("--config-path").arg(&config);
        command.args([
            "--disable-hot-restart",
            "--concurrency",
            "1",
            "--log-level",
            "warning",
        ]);
        Self::start(network, pki, &mut command)
    }

    /// nginx that serves `name` (and the files of the PKI's folder under it) and rejects all other handshakes.
    pub fn nginx(network: &Network, pki: &Pki, name: &str) -> Result<Self> {
        let config = pki.folder().join("nginx.conf");
        fs::write(&config, filled(include_str!("nginx.conf"), pki, name))?;
        let mut command = Command::new(setup::nginx());
        command.arg("-c").arg(&config).arg("-p").arg(pki.folder());
        command.args(["-g", "user root;", "-e", "stderr"]);
        Self::start(network, pki, &mut command)
    }

    /// `openssl s_server` with the certificate of `name` and more arguments.
    pub fn openssl(network: &Network, pki: &Pki, name: &str, arguments: &[&str]) -> Result<Self> {
        let mut command = Command::new(require("openssl")?);
        command.args(["s_server", "-quiet", "-www", "-accept", "443", "-cert"]);
        command
            .arg(pki.certificate(name))
            .arg("-key")
            .arg(pki.key(name))
            .args(arguments);
        Self::start(network, pki, &mut command)
    }

    /// aioquic with the certificate of `name`; it has each client prove its address, and speaks versions 1 and 2 of QUIC.
    pub fn aioquic(network: &Network, pki: &Pki, name: &str) -> Result<Self> {
        let mut command = Command::new(setup::python_with_aioquic());
        command
            .args(["-c", include_str!("quic_server.py")])
            .arg(pki.certificate(name))
            .arg(pki.key(name));
        Self::start_and_wait(network, pki, &mut command, |process| {
            Ok(process.said().contains("listening"))
        })
    }

    fn start(network: &Network, pki: &Pki, command: &mut Command) -> Result<Self> {
        Self::start_and_wait(network, pki, command, |_process| listens(network))
    }

    fn start_and_wait(
        network: &Network,
        pki: &Pki,
        command: &mut Command,
        is_ready: impl Fn(&Process) -> Result<bool>,
    ) -> Result<Self> {
        let log = pki.folder().join("server.log");
        let mut process = Process::start(&network.pod, command, &log)?;
        until("the server to listen", START, || {
            if let Some(status) = process.ended()? {
                bail!("{} ended: {status}\n{}", process.name(), process.said());
            }
            Ok(is_ready(&process)?.then_some(()))
        })?;
        Ok(Self { process })
    }

    /// The end of the server's log.
    pub fn said(&self) -> String {
        self.process.said()
    }
}

/// Whether something accepts connections; asked over the pod's loopback, which tlsmon does not watch.
fn listens(network: &Network) -> Result<bool> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, PORT));
    let limit = Duration::from_secs(1);
    Ok(network
        .pod
        .inside(|| TcpStream::connect_timeout(&address, limit))?
        .is_ok())
}

fn filled(template: &str, pki: &Pki, name: &str) -> String {
    template
        .replace("NAME", name)
        .replace("CERTIFICATE", &pki.certificate(name).display().to_string())
        .replace("KEY", &pki.key(name).display().to_string())
        .replace("FOLDER", &pki.folder().display().to_string())
}

/// What a server of a few lines does with a connection that brought its first bytes.
#[derive(Clone, Copy, Debug)]
pub enum Unread {
    /// Closes without having read: the kernel sends RST, as for Envoy without a filter chain.
    Close,
    /// Holds it open and says nothing.
    Silent,
    /// Answers in cleartext.
    Answer(&'static [u8]),
}

impl Unread {
    /// Serves port 443 of the pod so, until the value it gives is dropped.
    pub fn serve(self, network: &Network) -> Result<Unwelcoming> {
        let address = (Ipv4Addr::UNSPECIFIED, PORT);
        let listener = network
            .pod
            .inside(|| TcpListener::bind(address))?
            .context("cannot listen on port 443")?;
        listener.set_nonblocking(true)?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = thread::spawn(move || self.accept_until(&listener, &stopped));
        Ok(Unwelcoming {
            stop,
            thread: Some(thread),
        })
    }

    fn accept_until(self, listener: &TcpListener, stop: &AtomicBool) {
        let mut held = Vec::new();
        while !stop.load(Ordering::Relaxed) && pause(Duration::from_millis(2)).is_ok() {
            if let Ok((connection, _client)) = listener.accept() {
                held.extend(self.treat(connection));
            }
        }
    }

    /// Gives the connection back when it is to be held open.
    fn treat(self, mut connection: TcpStream) -> Option<TcpStream> {
        let _ = connection.set_nonblocking(false);
        let _ = connection.set_read_timeout(Some(Duration::from_secs(5)));
        if connection.peek(&mut [0; 1]).is_err() {
            return None;
        }
        // The rest of a hello that comes in pieces is to find the connection open.
        let _ = pause(Duration::from_millis(50));
        match self {
            Self::Close => None,
            Self::Silent => Some(connection),
            Self::Answer(bytes) => {
                let _ = std::io::Read::read(&mut connection, &mut [0; 4096]);
                let _ = connection.write_all(bytes);
                None
            }
        }
    }
}

/// A running server of the kind of [`Unread`]; dropping it ends it.
#[derive(Debug)]
pub struct Unwelcoming {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Unwelcoming {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
