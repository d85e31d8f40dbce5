//! An agent that breaks off, and one that is not there.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use crate::filter::Filter;
use crate::remote::{Agent, Cluster};
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

/// What `kubectl get pods` answers: pods and their nodes.
fn list(folder: &std::path::Path, pods: &[(&str, &str)]) {
    let pods = pods.iter().map(|(name, node)| {
        serde_json::json!({
            "metadata": { "name": name, "namespace": "tlsmon" },
            "spec": { "nodeName": node },
            "status": { "phase": "Running" },
        })
    });
    let list = serde_json::json!({ "items": pods.collect::<Vec<_>>() });
    std::fs::write(folder.join("next"), list.to_string()).unwrap();
    std::fs::rename(folder.join("next"), folder.join("pods")).unwrap();
}

#[test]
fn a_pod_that_is_replaced_is_followed_by_the_next_of_its_node_and_a_node_that_comes_is_seen() {
    let dir = tempfile::tempdir().unwrap();
    let mut ways = String::new();
    let mut serving = Vec::new();
    for (number, pod) in ["old", "next", "other"].iter().enumerate() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let way = format!("echo \"Forwarding from 127.0.0.1:{port} -> 9469\"; exec sleep 60");
        ways.extend(["*pod/", pod, "*) ", &way, " ;;\n"]);
        let stream = format!("data: {}\n\n", line(number as u64));
        serving.push(serve(listener, vec![answer(&stream), answer("{}")]));
    }
    let pods = dir.path().join("pods");
    let get = format!("*\"get pods\"*) cat {} ;;", pods.display());
    let script = format!("case \"$*\" in\n{get}\n{ways}esac\n");
    let cluster = Cluster::of_script(dir.path(), &script);
    list(dir.path(), &[("old", "node-1")]);

    let sources = Sources::Agents(Agents::of(cluster, None, false).unwrap());
    let mut model = Model::new(&sources.names(), Filter::default(), String::new());
    model.of_cluster = sources.are_nodes();
    let running = sources.start().unwrap();
    let mut until = |done: &dyn Fn(&Model) -> bool| {
        while !done(&model) {
            model.take(running.news.recv_timeout(Duration::from_mins(1)).unwrap());
        }
        crate::triage::draw::sources_in_words(&model)
    };
    until(&|model| model.held.came == 1);
    list(dir.path(), &[("next", "node-1"), ("other", "node-2")]);
    until(&|model| model.held.came == 3);
    list(dir.path(), &[]);
    let all_gone = |model: &Model| model.sources.iter().all(|one| one.state == State::Gone);
    assert_eq!(until(&all_gone), "0 nodes, 0 live");
    let mut told: Vec<_> = model.held.newest_first().collect();
    told.sort_by_key(|record| record.id.clone());
    let sources: Vec<_> = told.iter().map(|record| record.source).collect();
    assert_eq!(sources, [0, 0, 1]);
}
