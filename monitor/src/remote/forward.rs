//! A port-forward of `kubectl` to one pod.

use std::io::{self, BufRead as _, BufReader, Read as _};
use std::process::{Child, Stdio};
use std::sync::mpsc::sync_channel;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::cluster::Cluster;

/// How long a port-forward may take to stand.
const PATIENCE: Duration = Duration::from_secs(8);

/// A way to one pod. It stands from the first connection on, and is made anew when it broke.
#[derive(Debug)]
pub(crate) struct Forward {
    cluster: Cluster,
    namespace: String,
    pub(super) pod: String,
    stands: Mutex<Option<(Child, u16)>>,
}

impl Forward {
    /// One that does not stand yet.
    pub(super) fn to(cluster: &Cluster, namespace: String, pod: String) -> Self {
        Self {
            cluster: cluster.clone(),
            namespace,
            pod,
            stands: Mutex::new(None),
        }
    }

    /// Whether both lead to one pod.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        (&self.namespace, &self.pod) == (&other.namespace, &other.pod)
    }

    /// The port on this host that leads there.
    pub(super) fn port(&self) -> io::Result<u16> {
        let mut stands = self.stands.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((child, port)) = &mut *stands
            && child.try_wait()?.is_none()
        {
            return Ok(*port);
        }
        let (child, port) = self.make()?;
        *stands = Some((child, port));
        drop(stands);
        Ok(port)
    }

    /// It leads nowhere any more, or is not needed.
    pub(super) fn end(&self) {
        let stands = self
            .stands
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some((mut child, _)) = stands {
            stop(&mut child);
        }
    }

    fn make(&self) -> io::Result<(Child, u16)> {
        let mut command = self.cluster.command();
        let pod = format!("pod/{}", self.pod);
        let port = format!(":{}", self.cluster.port);
        command.args([
            "port-forward",
            "--address",
            "127.0.0.1",
            "--namespace",
            &self.namespace,
            &pod,
            &port,
        ]);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        if let Some(port) = first_line(&mut child) {
            return Ok((child, port));
        }
        stop(&mut child);
        Err(io::Error::other(format!(
            "kubectl port-forward: {}",
            said(&mut child)
        )))
    }
}

fn stop(child: &mut Child) {
    // It may have ended by itself.
    let _ = child.kill();
    let _ = child.wait();
}

/// Reads the port out of `Forwarding from 127.0.0.1:40123 -> 9469`. What comes after that is read and dropped, for as long as
/// the command lives: it must not wait for somebody to read.
fn first_line(child: &mut Child) -> Option<u16> {
    let out = BufReader::new(child.stdout.take()?);
    let (sender, first) = sync_channel(1);
    let reading = thread::Builder::new().name("kubectl".to_owned());
    let started = reading.spawn(move || {
        for line in out.lines().map_while(Result::ok) {
            let _ = sender.try_send(port(&line));
        }
    });
    started.ok()?;
    // In time, or not at all.
    first.recv_timeout(PATIENCE).unwrap_or_default()
}

fn port(line: &str) -> Option<u16> {
    let (_, rest) = line.split_once("127.0.0.1:")?;
    rest.split(' ').next()?.parse().ok()
}

fn said(child: &mut Child) -> String {
    let mut said = Vec::new();
    if let Some(out) = child.stderr.take() {
        // Whatever could be read is said.
        let _ = out.take(1000).read_to_end(&mut said);
    }
    let said = String::from_utf8_lossy(&said);
    said.lines()
        .next()
        .unwrap_or("it does not say why")
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::port;

    #[test]
    fn the_port_is_what_kubectl_says() {
        assert_eq!(port("Forwarding from 127.0.0.1:40123 -> 9469"), Some(40123));
        assert_eq!(port("error: pod not found"), None);
    }
}
