//! Reads a scenario: connections, what passes in each, and what must be reported.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use monitor::flow::Side;

/// What went wrong, as `LINE: why`.
pub(super) type Result<T> = std::result::Result<T, String>;

/// A case.
pub(super) struct Scenario {
    pub(super) title: String,
    pub(super) connections: Vec<Connection>,
}

/// One connection, or several alike.
pub(super) struct Connection {
    pub(super) line: usize,
    pub(super) times: u16,
    pub(super) begins: Begins,
    pub(super) client: Option<SocketAddr>,
    pub(super) server: Option<SocketAddr>,
    pub(super) steps: Vec<Step>,
    pub(super) reports: Vec<Expected>,
}

/// When a connection begins.
#[derive(Clone, Copy)]
pub(super) enum Begins {
    /// So long after the last packet of the one before.
    After(Duration),
    /// With the one before.
    Beside,
    /// With the one before, which is the same connection on another interface, perhaps under other addresses.
    Leg,
}

/// What one side sends, or that time passes.
pub(super) struct Step {
    pub(super) line: usize,
    pub(super) after: Duration,
    pub(super) side: Option<Side>,
    pub(super) what: String,
    /// What stands in parentheses behind it.
    pub(super) mark: String,
}

/// What must be reported: a line in short, and fields by their path.
pub(super) struct Expected {
    pub(super) line: usize,
    pub(super) short: String,
    pub(super) fields: Vec<Field>,
}

/// A field of the report, and what it must be or have in it.
pub(super) struct Field {
    pub(super) line: usize,
    pub(super) path: String,
    pub(super) contains: bool,
    pub(super) value: String,
}

impl Scenario {
    pub(super) fn read(text: &str) -> Result<Self> {
        let (title, _) = text
            .split_once("\n\n")
            .ok_or("1: a title and an empty line come first")?;
        let head = title.lines().count();
        let mut scenario = Self {
            title: title.replace('\n', " "),
            connections: Vec::new(),
        };
        for (number, line) in (1..).zip(text.lines()).skip(head) {
            let line = line.split(" #").next().unwrap_or_default().trim_end();
            if !line.trim().is_empty() && !line.starts_with('#') {
                scenario
                    .line(number, line)
                    .map_err(|why| format!("{number}: {why}"))?;
            }
        }
        match scenario
            .connections
            .iter()
            .find(|one| one.reports.is_empty())
        {
            Some(silent) => Err(format!("{}: nothing is expected", silent.line)),
            None => Ok(scenario),
        }
    }

    /// Whether a report is expected whose short form has this in it.
    pub(super) fn expects(&self, words: &str) -> bool {
        let mut reports = self.connections.iter().flat_map(|one| &one.reports);
        reports.any(|expected| expected.short.contains(words))
    }

    fn line(&mut self, number: usize, line: &str) -> Result<()> {
        let first = line.split_whitespace().next().unwrap_or_default();
        if !line.starts_with(' ') {
            self.connections.push(connection(number, line)?);
            return Ok(());
        }
        let current = self
            .connections
            .last_mut()
            .ok_or("a connection comes first")?;
        let line = line.trim_start();
        if let Some(short) = line.strip_prefix("=> ") {
            current.reports.push(Expected {
                line: number,
                short: short.trim().to_owned(),
                fields: Vec::new(),
            });
        } else if first.starts_with(|c: char| c.is_ascii_digit()) {
            current.steps.push(step(number, line)?);
        } else {
            let report = current
                .reports
                .last_mut()
                .ok_or("a field stands behind a =>")?;
            report.fields.push(field(number, line)?);
        }
        Ok(())
    }
}

/// `[12x] connection|established [from ADDRESS] [to ADDRESS] [after TIME|beside|leg] [WORDS OF THE HELLO]`
fn connection(number: usize, line: &str) -> Result<Connection> {
    let mut words = line.split_whitespace().peekable();
    let times = words.next_if(|word| word.ends_with('x'));
    let times = times.map_or(Ok(1), |word| word.trim_end_matches('x').parse());
    let mut connection = Connection {
        line: number,
        times: times.map_err(|error| format!("{error}"))?,
        begins: Begins::After(Duration::from_secs(1)),
        client: None,
        server: None,
        steps: Vec::new(),
        reports: Vec::new(),
    };
    let kind = words.next().unwrap_or_default();
    let mut hello = String::new();
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
        match word {
            "from" => connection.client = Some(address(value()?, 0)?),
            "to" => connection.server = Some(address(value()?, 443)?),
            "after" => connection.begins = Begins::After(time(value()?)?),
            "beside" => connection.begins = Begins::Beside,
            "leg" => connection.begins = Begins::Leg,
            other => hello = format!("{hello} {other}"),
        }
    }
    match kind {
        "connection" if hello.is_empty() => {}
        "established" => connection.establish(hello.trim())?,
        _ => return Err(format!("{line:?} is no connection")),
    }
    Ok(connection)
}

impl Connection {
    /// Whether it says no more than that a handshake was established.
    pub(super) fn is_established(&self) -> bool {
        self.reports
            .iter()
            .all(|one| one.short == "established" && one.fields.is_empty())
    }

    /// A whole handshake, some data, and an orderly end.
    fn establish(&mut self, hello: &str) -> Result<()> {
        let old = hello.contains("tls1.2");
        let certain = [
            "0ms client connects",
            &format!("0.2ms client hello {hello}"),
        ];
        let tls12 = [
            "0.5ms server hello tls1.2 + certificate for shop.example + key exchange + hello done",
            "0.4ms client key exchange + ccs + finished",
            "0.3ms server ccs + finished",
        ];
        let tls13 = [
            "0.7ms server hello + ccs + flight",
            "0.5ms client ccs + finished",
            "0.2ms client records 35",
        ];
        let end = [
            "2ms server records 250",
            "5ms client FIN",
            "0.1ms server FIN",
        ];
        let middle = if old { tls12 } else { tls13 };
        for text in certain.iter().chain(&middle).chain(&end) {
            self.steps.push(step(self.line, text)?);
        }
        self.reports.push(Expected {
            line: self.line,
            short: "established".to_owned(),
            fields: Vec::new(),
        });
        Ok(())
    }
}

/// `TIME client|server|nobody WHAT [(MARK)]`
fn step(number: usize, line: &str) -> Result<Step> {
    let word = |text: &'_ str| {
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        (word.to_owned(), rest.trim_start().to_owned())
    };
    let (after, rest) = word(line);
    let (who, what) = word(&rest);
    let after = time(&after)?;
    let side = match who.as_str() {
        "client" => Some(Side::Client),
        "server" => Some(Side::Server),
        "nobody" => None,
        other => return Err(format!("{other:?} is neither client nor server nor nobody")),
    };
    let (what, mark) = what.split_once(" (").unwrap_or((&what, ""));
    Ok(Step {
        line: number,
        after,
        side,
        what: what.trim().to_owned(),
        mark: mark.trim_end_matches(')').to_owned(),
    })
}

/// `PATH = VALUE` or `PATH ~ PART`
fn field(number: usize, line: &str) -> Result<Field> {
    let (path, contains, value) = match (line.split_once(" = "), line.split_once(" ~ ")) {
        (Some((path, value)), None) => (path, false, value),
        (_, Some((path, part))) => (path, true, part),
        (None, None) => return Err(format!("{line:?} is no field")),
    };
    Ok(Field {
        line: number,
        path: path.trim().to_owned(),
        contains,
        value: value.trim().to_owned(),
    })
}

/// An address with a port or without.
fn address(text: &str, port: u16) -> Result<SocketAddr> {
    let alone = text.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, port));
    let address = alone.or_else(|_| text.parse());
    address.map_err(|_no_address| format!("{text:?} is no address"))
}

/// `300us`, `0.3ms`, `2s`, `5min`.
fn time(text: &str) -> Result<Duration> {
    let unit = text
        .find(|c: char| c.is_ascii_alphabetic())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(unit);
    let nanoseconds = match unit {
        "us" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        "min" => 60e9,
        _ => return Err(format!("{text:?} is no time, as 0.3ms is")),
    };
    let number: f64 = number
        .parse()
        .map_err(|error| format!("{text:?}: {error}"))?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "times of scenarios are short"
    )]
    Ok(Duration::from_nanos((number * nanoseconds).round() as u64))
}

/// The word behind one that needs a value.
pub(super) fn value_of<'a>(
    word: &str,
    words: &mut std::slice::Iter<'_, &'a str>,
) -> Result<&'a str> {
    let value = words.next().copied();
    value.ok_or_else(|| format!("{word} needs a value"))
}

/// A number, with a sign or without.
pub(super) fn number<T: std::str::FromStr>(text: &str) -> Result<T> {
    let digits = text.trim_start_matches('+');
    digits
        .parse()
        .map_err(|_no_number| format!("{text:?} is no number"))
}
