//! The table of problems.

use super::table::{self, Canvas, Column, Filled, age};
use crate::triage::model::Model;
use crate::triage::problems::Problem;
use crate::triage::text::{Role, columns};
use crate::triage::trend::{in_columns, seconds_in_columns, sparkline};

pub(super) fn draw(model: &Model, rows: &[&Problem], at: usize, canvas: &mut Canvas<'_>) {
    let mut layout = Layout::of(usize::from(canvas.area.width), model.has_nodes());
    layout.fit(rows);
    let columns = layout.columns();
    let filled = Filled {
        columns: &columns,
        chosen: Some(at),
        count: rows.len(),
        empty: " no failures so far; \"a\" shows every handshake, Tab the stream of them",
    };
    let cells = |row: usize| {
        rows.get(row)
            .map_or_else(Vec::new, |problem| layout.cells(model, problem))
    };
    table::draw(&filled, cells, canvas);
}

/// No cause has a longer word.
const LONGEST_WORD: usize = 29;

/// How many seconds a column of the trends lasts; none where there is no room for them.
pub(super) fn trend_seconds(model: &Model) -> Option<u64> {
    let width = super::list_width(model);
    let trend = Layout::of(width, model.has_nodes()).trend;
    (trend > 0).then(|| seconds_in_columns(model.problems.scale(), trend))
}

/// Which columns there are, and how wide.
struct Layout {
    trend: usize,
    rate: bool,
    first: bool,
    node: usize,
    cause: usize,
    endpoint: usize,
    name: usize,
    /// What cause, endpoint and name share.
    left: usize,
}

impl Layout {
    fn of(width: usize, nodes: bool) -> Self {
        let trend = match width {
            0..70 => 0,
            70..90 => 8,
            90..130 => 12,
            _ => 24,
        };
        let (rate, first) = (width >= 84, width >= 100);
        let node = if nodes { 10 } else { 0 };
        let fixed =
            1 + 7 + trend + 1 + 8 + 6 + if rate { 7 } else { 0 } + if first { 6 } else { 0 };
        let left = width.saturating_sub(fixed + if nodes { node + 1 } else { 0 } + 3);
        Self {
            trend,
            rate,
            first,
            node,
            cause: 0,
            endpoint: 0,
            name: 0,
            left,
        }
    }

    /// Divides what is left by what there is to be shown.
    fn fit(&mut self, rows: &[&Problem]) {
        let longest = |text: &dyn Fn(&Problem) -> usize| {
            rows.iter().map(|row| text(row)).max().unwrap_or_default()
        };
        let wanted = [
            longest(&|row| columns(&row.key.cause)).max(8),
            longest(&|row| columns(&row.key.endpoint)).max(8),
            longest(&|row| row.key.name.as_deref().map_or(9, columns)).max(4),
        ];
        let [cause, endpoint, _] = table::shared(self.left, wanted, [LONGEST_WORD, 15, 12]);
        (self.cause, self.endpoint) = (cause, endpoint);
        self.name = self.left.saturating_sub(cause + endpoint);
    }

    fn columns(&self) -> Vec<Column> {
        let mut all = vec![Column::right("COUNT", 6)];
        all.extend(self.rate.then(|| Column::right("/MIN", 6)));
        all.extend((self.trend > 0).then(|| Column::left("TREND", self.trend)));
        all.push(Column::left("CAUSE", self.cause));
        all.push(Column::left("ENDPOINT", self.endpoint));
        all.push(Column::left("NAME", self.name));
        all.extend((self.node > 0).then(|| Column::left("NODE", self.node)));
        all.push(Column::right("CLIENTS", 7));
        all.push(Column::right("LAST", 5));
        all.extend(self.first.then(|| Column::right("FIRST", 5)));
        all
    }

    fn cells(&self, model: &Model, problem: &Problem) -> Vec<(Role, String)> {
        let scale = model.problems.scale();
        let name = problem.key.name.as_deref();
        let mut all = vec![(Role::Strong, problem.count.to_string())];
        if self.rate {
            all.push((Role::Plain, rate(problem.trend.a_minute(scale))));
        }
        if self.trend > 0 {
            let trend = sparkline(&in_columns(&problem.trend, scale, self.trend), model.ascii);
            all.push((Role::Warning, format!("{trend:>0$}", self.trend)));
        }
        all.push((Role::Bad, problem.key.cause.clone()));
        all.push((Role::Strong, problem.key.endpoint.clone()));
        let role = if name.is_some() {
            Role::Plain
        } else {
            Role::Faint
        };
        all.push((role, name.unwrap_or("(no name)").to_owned()));
        if self.node > 0 {
            all.push((Role::Plain, problem.key.node.clone().unwrap_or_default()));
        }
        all.push((Role::Plain, problem.clients()));
        all.push((Role::Plain, age(model.now, problem.last)));
        if self.first {
            all.push((Role::Faint, age(model.now, problem.first)));
        }
        all
    }
}

fn rate(a_minute: f64) -> String {
    match a_minute {
        none if none < 0.05 => "-".to_owned(),
        few if few < 10.0 => format!("{few:.1}"),
        many => format!("{many:.0}"),
    }
}
