//! Where on the screen things stand.

use ratatui::layout::Rect;

use super::is_list_layer;
use crate::triage::layer::Layer;
use crate::triage::model::Model;

/// Columns from which on the detail stands beside the list.
const WIDE: u16 = 170;
/// Lines from which on the handshakes of a problem stand below.
const HIGH: u16 = 20;

/// The parts of the screen; those without room have none.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Areas {
    pub(super) header: Rect,
    pub(super) main: Rect,
    pub(super) below: Rect,
    pub(super) beside: Rect,
    pub(super) status: Rect,
    pub(super) keys: Rect,
}

impl Areas {
    pub(super) fn of(model: &Model, area: Rect) -> Self {
        let line = |y: u16, height: u16| Rect::new(area.x, area.y + y, area.width, height);
        // What is there on the smallest of screens: first the rows, then who speaks, then what keys do.
        let header = u16::from(area.height >= 3);
        let keys = u16::from(area.height >= 6);
        let status = u16::from(area.height >= 5);
        let body = area.height - header - keys - status;
        let mut areas = Self {
            header: line(0, header),
            main: line(header, body),
            status: line(header + body, status),
            keys: line(header + body + status, keys),
            ..Self::default()
        };
        areas.divide(&model.top().layer, area.height);
        areas
    }

    fn divide(&mut self, layer: &Layer, height: u16) {
        if is_list_layer(layer) && self.main.width >= WIDE {
            let half = self.main.width * 11 / 20;
            self.beside = Rect {
                x: self.main.x + half + 2,
                width: self.main.width - half - 2,
                ..self.main
            };
            self.main.width = half;
        }
        if matches!(layer, Layer::Problems) && height >= HIGH {
            let below = self.main.height * 2 / 5;
            self.main.height -= below;
            self.below = Rect {
                y: self.main.bottom(),
                height: below,
                ..self.main
            };
        }
    }
}
