//! An agent that breaks off, and one that is not there.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use crate::filter::Filter;
use crate::remote::Agent;
use crate::report::example;
use crate::report::{Event, HandshakeId};
use crate::triage::model::Model;
use crate::triage::news::{News, State};
use crate::triage::record;
use crate::triage::source::{Agents, Sources};

/// Serves requests in turn and gives what was asked for.
fn serve(listener: TcpListener, answers: Vec<String>) -> thread::JoinHandle<Vec<String>> {
    thread::spawn(move || {
        let mut asked = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            asked.push(request(&stream));
            stream.write_all(answer.as_bytes()).unwrap();
        }
        asked
    })
}

fn request(stream: &TcpStream) -> String {
    let lines = BufReader::new(stream).lines().map_while(Result::ok);
    let lines: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
    lines.join("\n")
}

fn answer(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{body}")
}

fn line(id: u64) -> String {
    let mut handshake = example::no_sni();
    handshake.id = HandshakeId(id);
    record::line(&Event::Handshake(Box::new(handshake)))
        .trim_end()
        .to_owned()
}

#[test]
fn a_stream_that_breaks_off_is_taken_up_where_it_ended_and_nothing_counts_twice() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let history = format!("{{\"handshakes\":[\n{},\n{}\n]}}\n", line(1), line(2));
    let first = format!(
        "id: 7.2\ndata: {}\n\nid: 7.3\ndata: {}\n\n",
        line(2),
        line(3)
    );
    let second = format!("id: 7.4\ndata: {}\n\n", line(4));
    // The history is asked for once the stream is open.
    let serving = serve(
        listener,
        vec![answer(&first), answer(&history), answer(&second)],
    );
    let agent = Agent {
        name: "node-1".to_owned(),
        address: address.parse().unwrap(),
        token: Some("secret".to_owned()),
        trust: None,
    };
    let sources = Sources::Agents(Agents::new(vec![agent], false));
    let mut model = Model::new(&sources.names(), Filter::default(), String::new());
    let running = sources.start().unwrap();
    let mut lost = 0;
    while model.held.came < 4 {
        let news = running.news.recv_timeout(Duration::from_secs(20)).unwrap();
        lost += u32::from(matches!(news, News::State(_, State::Lost(..))));
        model.take(news);
    }
    let asked = serving.join().unwrap();
    assert!(
        asked[0].starts_with("GET /api/v1/stream?format=sse HTTP/1.1"),
        "{asked:?}"
    );
    assert!(
        asked[1].starts_with("GET /api/v1/handshakes?limit=1000 HTTP/1.1"),
        "{asked:?}"
    );
    assert!(
        asked[2].starts_with("GET /api/v1/stream?format=sse&since=7.3 "),
        "{asked:?}"
    );
    assert!(
        asked.iter().all(|asked| asked.contains("Bearer secret")),
        "{asked:?}"
    );
    assert_eq!((model.held.came, model.problems.failures, lost), (4, 4, 1));
}

#[test]
fn an_agent_that_is_not_there_is_said_and_the_others_go_on() {
    let gone = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = gone.local_addr().unwrap().to_string();
    drop(gone);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let somebody = listener.local_addr().unwrap().to_string();
    let stream = format!("data: {}\n\n", line(1));
    let _serving = serve(listener, vec![answer(&stream), answer("{}")]);
    let agent = |address: &str| Agent {
        name: address.to_owned(),
        address: address.parse().unwrap(),
        token: None,
        trust: None,
    };
    let sources = Sources::Agents(Agents::new(vec![agent(&nobody), agent(&somebody)], true));
    let mut model = Model::new(&sources.names(), Filter::default(), String::new());
    let running = sources.start().unwrap();
    let is_lost = |model: &Model| model.sources[0].state.is_bad();
    while model.held.came < 1 || !is_lost(&model) {
        model.take(running.news.recv_timeout(Duration::from_secs(20)).unwrap());
    }
    let said = crate::triage::draw::sources_in_words(&model);
    assert!(
        said.starts_with("2 nodes, ") && said.contains("cannot connect"),
        "{said}"
    );
    let record = model.held.newest_first().next().unwrap();
    assert_eq!(record.source, 1);
}
