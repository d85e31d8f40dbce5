//! The table of handshakes.

use std::sync::Arc;

use super::table::{self, Canvas, Column, Filled, clock};
use crate::triage::model::Model;
use crate::triage::pages;
use crate::triage::record::Record;
use crate::triage::text::{Role, columns};

/// How many rows are looked at to see how wide columns must be.
const MEASURED: usize = 200;

pub(super) fn draw(
    model: &Model,
    rows: &[&Arc<Record>],
    at: Option<usize>,
    canvas: &mut Canvas<'_>,
) {
    let mut layout = Layout::of(usize::from(canvas.area.width), model.has_nodes());
    layout.fit(rows);
    let columns = layout.columns();
    let filled = Filled {
        columns: &columns,
        chosen: at,
        count: rows.len(),
        empty: " none so far",
    };
    let cells = |row: usize| {
        rows.get(row)
            .map_or_else(Vec::new, |record| layout.cells(record))
    };
    table::draw(&filled, cells, canvas);
}

/// Which columns there are, and how wide.
struct Layout {
    time: usize,
    node: usize,
    client: usize,
    server: usize,
    name: usize,
    word: usize,
    ended: usize,
    /// What why, client, server and name share.
    left: usize,
}

impl Layout {
    fn of(width: usize, nodes: bool) -> Self {
        let time = if width < 100 { 8 } else { 12 };
        let node = if nodes { 10 } else { 0 };
        let ended = match width {
            0..110 => 0,
            110..150 => 26,
            _ => 44,
        };
        let left = width.saturating_sub(1 + time + 1 + node + ended + 6);
        Self {
            time,
            node,
            client: 0,
            server: 0,
            name: 0,
            word: 0,
            ended,
            left,
        }
    }

    /// Divides what is left by what there is to be shown.
    fn fit(&mut self, rows: &[&Arc<Record>]) {
        let rows = rows.get(..MEASURED).unwrap_or(rows);
        let longest = |text: &dyn Fn(&Record) -> usize| {
            rows.iter().map(|row| text(row)).max().unwrap_or_default()
        };
        let wanted = [
            longest(&|row| columns(row.word())).max(8),
            longest(&|row| columns(&row.client.who())).max(8),
            longest(&|row| columns(&row.server.label())).max(8),
            longest(&|row| row.sni.as_deref().map_or(9, columns)).max(4),
        ];
        let shares = table::shared(self.left, wanted, [20, 15, 15, 12]);
        let rest = self.left.saturating_sub(shares.iter().sum());
        [self.word, self.client, self.server, self.name] = shares;
        // How it ended is the longest to tell.
        let last = if self.ended > 0 {
            &mut self.ended
        } else {
            &mut self.name
        };
        *last += rest;
    }

    fn columns(&self) -> Vec<Column> {
        let mut all = vec![Column::left(
            if self.time < 10 { "UTC" } else { "TIME (UTC)" },
            self.time,
        )];
        all.extend((self.node > 0).then(|| Column::left("NODE", self.node)));
        all.push(Column::left("WHY", self.word));
        all.push(Column::left("CLIENT", self.client));
        all.push(Column::left("SERVER", self.server));
        all.push(Column::left("NAME", self.name));
        all.extend((self.ended > 0).then(|| Column::left("END", self.ended)));
        all
    }

    fn cells(&self, record: &Record) -> Vec<(Role, String)> {
        let name = record.sni.as_deref();
        let mut all = vec![(
            Role::Faint,
            clock(record.time).chars().take(self.time).collect(),
        )];
        if self.node > 0 {
            all.push((Role::Plain, record.node.clone().unwrap_or_default()));
        }
        all.push((pages::role(record), record.word().to_owned()));
        all.push((Role::Plain, record.client.who()));
        all.push((Role::Strong, record.server.label()));
        let role = if name.is_some() {
            Role::Plain
        } else {
            Role::Faint
        };
        all.push((role, name.unwrap_or("(no name)").to_owned()));
        if self.ended > 0 {
            let ended = match &record.negotiated {
                Some(negotiated) if !record.is_failure() => negotiated.clone(),
                _ => pages::ending(record),
            };
            all.push((Role::Faint, ended));
        }
        all
    }
}
