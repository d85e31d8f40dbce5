//! Every capture in tests/captures gives exactly the report that is on file for it. A new case is a new capture; after a
//! look at the difference, `INSTA_UPDATE=always cargo test -p monitor --test behaviour goldens` puts the new report on file.

use crate::support::frames::{captures, events, frames};

#[test]
fn every_capture_gives_the_report_on_file() {
    let folder = captures();
    insta::glob!(folder, "*.pcap", |path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        let mut lines = String::new();
        for event in events(&frames(name)) {
            lines.push_str(&serde_json::to_string_pretty(&event).unwrap());
            lines.push('\n');
        }
        insta::assert_snapshot!(lines);
    });
}
