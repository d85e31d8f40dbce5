//! The column "on the wire" of the captures' README: what was sent, step by step, up to the step that decides.

use monitor::report::{EndedBy, EndedHow};

/// A line of the README's tables.
#[derive(Debug)]
pub struct Row {
    pub name: String,
    pub shows: String,
    wire: String,
}

/// Every line.
pub fn rows(readme: &str) -> Vec<Row> {
    let lines = readme.lines().filter_map(|line| line.strip_prefix("| `"));
    lines
        .map(|line| {
            let cells: Vec<_> = line.split('|').map(str::trim).collect();
            Row {
                name: cells[0].trim_matches('`').to_owned(),
                shows: cells[4].to_owned(),
                wire: cells[5].to_owned(),
            }
        })
        .collect()
}

impl Row {
    /// The first step of a ladder. TLS 1.2 with a certificate that has a fault in plain sight counts once the client has
    /// said something behind it.
    fn ladder(&self) -> Ladder {
        let faults = ["cert_expired_12", "cert_hostname_12", "cert_selfsigned_12"];
        Ladder {
            doubted: faults.iter().any(|fault| self.name.starts_with(fault)),
            ..Ladder::default()
        }
    }

    /// One for each handshake.
    pub fn ladders(&self) -> Vec<Ladder> {
        let mut all = Vec::new();
        for connection in self.wire.split(" > #") {
            let mut current = self.ladder();
            for step in connection.split(" > ").filter(|step| step.contains(':')) {
                if current.begins_another(step) {
                    all.push(std::mem::replace(&mut current, self.ladder()));
                    current.renegotiation = step.starts_with("C:HS");
                }
                current.take(step);
            }
            if self.wire != "nothing" {
                all.push(current);
            }
        }
        all
    }
}

/// What a ladder says of the client's hello.
#[derive(Debug, Default, PartialEq, Eq)]
pub enum Hello {
    #[default]
    None,
    /// Something came in pieces; whether a whole hello, the ladder does not say.
    Unstated,
    Nameless,
    Named(String),
}

/// Who ended it and how.
#[derive(Clone, Copy, Debug)]
pub struct End {
    pub by: EndedBy,
    pub how: EndedHow,
}

/// What is on the wire of one handshake, up to the step that decides it.
#[derive(Debug, Default)]
pub struct Ladder {
    pub hello: Hello,
    pub answered: bool,
    pub retried: bool,
    pub certificate: bool,
    pub staple: bool,
    pub renegotiation: bool,
    /// From, level, description.
    pub alerts: Vec<(String, String, String)>,
    pub end: Option<End>,
    pub established: bool,
    pub is_quic: bool,
    pub is_12: bool,
    /// Something was sent again.
    pub repeats: bool,
    /// Sizes of encrypted records: the client's, the server's.
    pub records: [Vec<u16>; 2],
    hellos: usize,
    /// The client said something in the clear.
    spoke: bool,
    changed: [bool; 2],
    finished: bool,
    decided: bool,
    over: bool,
    doubted: bool,
}

impl Ladder {
    /// In TLS another handshake begins behind one that was decided, while the connection stands.
    fn begins_another(&self, step: &str) -> bool {
        let begins = step.starts_with("C:CH") || (self.is_12 && step.starts_with("C:HS"));
        self.decided && !self.over && begins
    }

    fn take(&mut self, step: &str) {
        let (from, what) = step.rsplit("... ").next().unwrap().split_once(':').unwrap();
        let client = from == "C";
        let by = if client {
            EndedBy::Client
        } else {
            EndedBy::Server
        };
        if what.starts_with("QUIC") {
            (self.is_quic, self.hello) = (true, Hello::Unstated);
        }
        self.repeats |= what.contains("rexmit");
        self.over |= what.starts_with("FIN") || what.starts_with("RST");
        // What was sent again, behind the server's answer, is the client's flight.
        self.finished |= client && self.answered && what.contains("rexmit");
        if self.decided {
            return;
        }
        match what {
            _ if what.starts_with("FIN") => self.hung_up(by, EndedHow::Close),
            _ if what.starts_with("RST") => self.hung_up(by, EndedHow::Reset),
            _ if what.starts_with("ICMP") => self.hung_up(by, EndedHow::Reset),
            _ if what.starts_with("ALERT(") && self.established && client => self.left(by),
            _ if what.starts_with("ALERT ") => self.alert(by, what),
            _ if what.starts_with('\'') => {
                // The server answers in cleartext: with no TLS, or to no TLS.
                let spoke = self.hello != Hello::None || self.spoke;
                self.decided = !client && spoke && !what.starts_with("'2");
                let failed = self.decided && matches!(self.hello, Hello::Named(_));
                self.end = failed.then_some(End {
                    by,
                    how: EndedHow::None,
                });
                self.spoke |= client;
            }
            _ if self.is_quic => self.established |= what.starts_with("QUIC[]"),
            _ => self.messages(client, what),
        }
    }

    /// The client's first word behind a handshake with a certificate that has a fault.
    fn left(&mut self, by: EndedBy) {
        let how = EndedHow::Alert;
        self.end = Some(End { by, how });
        (self.established, self.decided) = (false, true);
    }

    fn hung_up(&mut self, by: EndedBy, how: EndedHow) {
        // A client that closes its side right behind its hello may still listen: what the server answers belongs to it.
        let asked = self.hello != Hello::None && !self.answered && self.end.is_none();
        if by == EndedBy::Client && how == EndedHow::Close && asked {
            self.end = Some(End { by, how });
            return;
        }
        if self.end.is_some() {
            self.decided = true;
            return;
        }
        let refuses = |side: usize| {
            self.records[side]
                .last()
                .is_some_and(|&bytes| self.is_alert(bytes))
        };
        // An alert in place of Finished, or in answer to no certificate, whoever hangs up then.
        let by_alert = match () {
            () if !self.finished && self.answered && refuses(0) => Some(EndedBy::Client),
            () if self.finished && self.records[0].first() == Some(&25) && refuses(1) => {
                Some(EndedBy::Server)
            }
            () => None,
        };
        let by = by_alert.unwrap_or(by);
        // A client that has finished and leaves had all that it needed to refuse.
        let side = usize::from(by == EndedBy::Server);
        let alert = refuses(side);
        self.established = self.finished && by == EndedBy::Client && !self.is_12;
        let how = if alert && !self.established {
            EndedHow::Alert
        } else {
            how
        };
        self.end = Some(End { by, how });
        self.decided = true;
    }

    fn alert(&mut self, by: EndedBy, what: &str) {
        let mut words = what.split([' ', '(']).skip(1);
        let mut word = || words.next().unwrap().to_owned();
        self.alerts.push((by.label().to_owned(), word(), word()));
        self.end = Some(End {
            by,
            how: EndedHow::Alert,
        });
        self.decided = true;
    }

    fn messages(&mut self, client: bool, what: &str) {
        let what = what.replace("(encrypted)", "");
        let what = what.split('(').next().unwrap_or_default();
        let side = usize::from(!client);
        let mut in_app = false;
        for part in what.split('+') {
            let digits = part.strip_prefix("App").or_else(|| in_app.then_some(part));
            let bytes = digits.and_then(|digits| digits.parse().ok());
            in_app = bytes.is_some();
            match part {
                _ if self.decided => return,
                _ if in_app => self.record(side, bytes.unwrap_or_default()),
                "CH" => self.client_hello(),
                "no-sni" => self.hello = Hello::Nameless,
                _ if part.starts_with("sni=") => self.hello = Hello::Named(part[4..].to_owned()),
                "seg" if client && self.hello == Hello::None => self.hello = Hello::Unstated,
                "SH" => self.answered = true,
                "Cert" if !client => (self.certificate, self.is_12) = (true, true),
                "CertStatus" => self.staple = true,
                "HS" => self.is_12 = true,
                "CCS" => self.change(side),
                _ => {}
            }
        }
        // TLS 1.2: whoever changes last completes it, with the Finished behind.
        self.established = self.is_12 && self.changed == [true, true] || self.established;
        self.decided |= self.established && !self.doubted;
    }

    /// An alert's size; padded by who pads, as Java does, whose Finished has 85 bytes.
    fn is_alert(&self, bytes: u16) -> bool {
        let pads = !self.finished || self.records[1].contains(&85);
        bytes == 19 || (bytes == 35 && pads)
    }

    fn client_hello(&mut self) {
        self.hellos += 1;
        self.retried = self.hellos > 1;
    }

    fn change(&mut self, side: usize) {
        self.changed[side] = true;
    }

    /// TLS 1.3: the server's next record behind the client's Finished decides, unless it is an alert.
    fn record(&mut self, side: usize, bytes: u16) {
        self.records[side].push(bytes);
        self.finished |= side == 0 && bytes >= 53;
        let goes_on = side == 1 && self.finished && !self.is_alert(bytes);
        self.established |= goes_on;
        self.decided |= goes_on;
    }
}
