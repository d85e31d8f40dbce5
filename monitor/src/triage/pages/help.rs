//! What the keys do, and what the columns mean.

use crate::triage::keys::KEYS;
use crate::triage::text::{Role, Row};

pub(super) fn rows() -> Vec<Row> {
    let mut rows = vec![Row::new(Role::Strong, "Keys"), Row::empty()];
    rows.extend(
        KEYS.iter()
            .map(|key| Row::fact(key.shown, Role::Plain, key.what)),
    );
    rows.extend([
        Row::fact("Mouse", Role::Plain, "a click chooses a row, a second one opens it; the wheel goes up and down"),
        Row::empty(),
        Row::new(Role::Strong, "What the problems show"),
        Row::empty(),
        Row::fact("COUNT", Role::Plain, "failures of this cause at this endpoint for this name, since this screen looks"),
        Row::fact("/MIN", Role::Plain, "how many a minute, over the last minute"),
        Row::fact("TREND", Role::Plain, "how many in each stretch of all the time up to now; the last line says how long one is"),
        Row::fact("LAST, FIRST", Role::Plain, "how long ago the last and the first were seen; of a file, before its end"),
        Row::fact("CLIENTS", Role::Plain, "how many addresses are affected, those behind a proxy by its PROXY header"),
        Row::empty(),
        Row::new(Role::Strong, "What was not seen"),
        Row::empty(),
        Row::item(Role::Plain, "\"not seen\": packets or events that the capture lost, by place and reason"),
        Row::item(Role::Plain, "\"missed\": events that the agent did not send because this screen was too slow"),
        Row::item(Role::Plain, "\"frames skipped\": drawings left out because more had to be read; nothing is lost by that"),
        Row::item(Role::Plain, "\"made room\": handshakes and problems that are not held any more, the oldest first"),
    ]);
    rows
}
