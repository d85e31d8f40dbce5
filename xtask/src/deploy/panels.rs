//! What the dashboards show: their panels, row by row.

pub(super) mod endpoint;
pub(super) mod overview;

/// How a panel draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Lines over time.
    Lines,
    /// Areas on top of each other, over time.
    Stack,
    /// The values of now, largest first.
    Table,
    /// A histogram over time.
    HeatMap,
    /// One number.
    Number,
}

/// One panel: a question, and the query that answers it.
pub(super) struct Panel {
    pub(super) title: &'static str,
    pub(super) about: &'static str,
    pub(super) shape: Shape,
    pub(super) unit: &'static str,
    /// The name of each series. Where it names an endpoint, a click leads to the dashboard of that endpoint.
    pub(super) legend: &'static str,
    pub(super) query: &'static str,
}

/// A row of panels that share its width.
pub(super) struct Row {
    pub(super) title: &'static str,
    pub(super) height: u32,
    pub(super) panels: &'static [Panel],
}

const fn panel(
    shape: Shape,
    title: &'static str,
    unit: &'static str,
    (legend, query): (&'static str, &'static str),
    about: &'static str,
) -> Panel {
    Panel {
        title,
        about,
        shape,
        unit,
        legend,
        query,
    }
}
