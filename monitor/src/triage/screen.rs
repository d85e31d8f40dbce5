//! The terminal: keys in, frames out, and everything as it was before when it is over, however that comes about.

#![expect(
    clippy::disallowed_methods,
    reason = "a screen lives in real time: frames are due, and ages grow"
)]

use std::io::{self, Write, stdout};
use std::panic;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::TryRecvError;
use std::time::{Duration, Instant};

use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{
    self, DisableMouseCapture, EnableMouseCapture, Event, KeyCode, KeyEvent, KeyEventKind,
    KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use super::action::{Effect, Mouse, Press};
pub(crate) use super::draw::Look;
use super::draw::draw;
use super::model::Model;
use super::source::{Running, Sources};
use crate::frame::Timestamp;

/// How long a frame stands, at the least.
const FRAME: Duration = Duration::from_millis(50);
/// How long one may be put off while there is more to read.
const LATEST: Duration = Duration::from_millis(250);
/// How long an unchanged screen stands: ages grow.
const IDLE: Duration = Duration::from_secs(1);
/// How much is read before keys are looked at again.
const BATCH: usize = 512;

/// Why there is no screen.
#[derive(Debug, thiserror::Error)]
#[error("cannot draw on the terminal")]
pub(crate) struct ScreenError(#[from] io::Error);

/// Shows the sources until somebody leaves.
pub(crate) fn show(mut model: Model, sources: Sources, look: Look) -> Result<(), ScreenError> {
    let ended = signals()?;
    let running = sources.start()?;
    let _restored = Restored::enter()?;
    let mut terminal = Terminal::new(CrosstermBackend::new(stdout()))?;
    let mut pace = Pace::new(Instant::now());
    while !ended.load(Ordering::Relaxed) {
        let more = read(&mut model, &running, &mut pace);
        let patience = if more { Duration::ZERO } else { FRAME };
        for effect in keys(&mut model, patience, &mut pace)? {
            match effect {
                Effect::Quit => return Ok(()),
                Effect::Redraw => terminal.clear()?,
                Effect::Copy(text) => {
                    execute!(stdout(), CopyToClipboard::to_clipboard_from(text))?;
                }
                Effect::Fetch(record) => running.fetch(record),
                Effect::Save(record) => running.save(record),
                Effect::Ask(everything) => running.ask(everything),
            }
        }
        if pace.is_due(Instant::now(), more, &mut model.skipped) {
            let size = terminal.size()?;
            model.resize(size.width, size.height);
            model.tick(now());
            terminal.draw(|frame| draw(&model, look, frame))?;
        }
    }
    Ok(())
}

/// Wall time.
fn now() -> Timestamp {
    let nanos = jiff::Timestamp::now().as_nanosecond();
    Timestamp(u64::try_from(nanos).unwrap_or_default())
}

/// Takes what has come; true when there may be more.
fn read(model: &mut Model, running: &Running, pace: &mut Pace) -> bool {
    for _ in 0..BATCH {
        match running.news.try_recv() {
            Ok(news) => model.take(news),
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => return false,
        }
        pace.changed = true;
    }
    true
}

/// Takes the keys that were pressed; waits for the first as long as there is nothing else to do.
fn keys(model: &mut Model, patience: Duration, pace: &mut Pace) -> io::Result<Vec<Effect>> {
    let mut effects = Vec::new();
    let mut patience = patience;
    for _ in 0..BATCH {
        if !event::poll(patience)? {
            break;
        }
        patience = Duration::ZERO;
        pace.changed = true;
        effects.extend(match event::read()? {
            Event::Key(key) => press(key).and_then(|press| model.press(press)),
            Event::Mouse(mouse) => moved(mouse).and_then(|mouse| model.mouse(mouse)),
            Event::Resize(..) | Event::FocusGained | Event::FocusLost | Event::Paste(_) => None,
        });
    }
    Ok(effects)
}

fn press(key: KeyEvent) -> Option<Press> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    Some(match key.code {
        KeyCode::Char(c) if key.modifiers.contains(KeyModifiers::CONTROL) => Press::Ctrl(c),
        KeyCode::Char(c) => Press::Char(c),
        KeyCode::Enter => Press::Enter,
        KeyCode::Esc => Press::Escape,
        KeyCode::Backspace => Press::Backspace,
        KeyCode::Tab => Press::Tab,
        KeyCode::Up => Press::Up,
        KeyCode::Down => Press::Down,
        KeyCode::Left => Press::Left,
        KeyCode::Right => Press::Right,
        KeyCode::PageUp => Press::PageUp,
        KeyCode::PageDown => Press::PageDown,
        KeyCode::Home => Press::Home,
        KeyCode::End => Press::End,
        _ => return None,
    })
}

fn moved(mouse: MouseEvent) -> Option<Mouse> {
    match mouse.kind {
        MouseEventKind::Down(MouseButton::Left) => Some(Mouse::Click(mouse.column, mouse.row)),
        MouseEventKind::ScrollUp => Some(Mouse::WheelUp),
        MouseEventKind::ScrollDown => Some(Mouse::WheelDown),
        _ => None,
    }
}

/// When the next frame is due.
struct Pace {
    drawn: Instant,
    due: Instant,
    changed: bool,
}

impl Pace {
    const fn new(now: Instant) -> Self {
        Self {
            drawn: now,
            due: now,
            changed: true,
        }
    }

    /// Whether to draw now. While there is more to read, frames are skipped, and counted; never for long.
    fn is_due(&mut self, now: Instant, more: bool, skipped: &mut u64) -> bool {
        let stands = now.duration_since(self.drawn);
        if now < self.due || !self.changed && stands < IDLE {
            return false;
        }
        self.due = now + FRAME;
        if more && stands < LATEST {
            *skipped += 1;
            return false;
        }
        (self.drawn, self.changed) = (now, false);
        true
    }
}

/// Signals end the loop, so that the terminal is restored.
fn signals() -> io::Result<Arc<AtomicBool>> {
    let ended = Arc::new(AtomicBool::new(false));
    for signal in [SIGTERM, SIGINT, SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(&ended))?;
    }
    Ok(ended)
}

/// The terminal, as long as it is ours. It is given back when this goes, and when something panics.
struct Restored;

impl Restored {
    fn enter() -> io::Result<Self> {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            restore();
            before(info);
        }));
        enable_raw_mode()?;
        let entered = Self;
        execute!(
            stdout(),
            EnterAlternateScreen,
            EnableMouseCapture,
            cursor::Hide
        )?;
        Ok(entered)
    }
}

impl Drop for Restored {
    fn drop(&mut self) {
        restore();
    }
}

/// Nothing can be done about a terminal that is gone.
fn restore() {
    let _ = execute!(
        stdout(),
        DisableMouseCapture,
        LeaveAlternateScreen,
        cursor::Show
    );
    let _ = disable_raw_mode();
    let _ = stdout().flush();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_skipped_under_load_but_never_for_long() {
        let begin = Instant::now();
        let mut pace = Pace::new(begin);
        let (mut drawn, mut skipped) = (0, 0);
        for millis in 0..2000 {
            pace.changed = true;
            let now = begin + Duration::from_millis(millis);
            drawn += u32::from(pace.is_due(now, true, &mut skipped));
        }
        assert!((7..=8).contains(&drawn), "{drawn}");
        assert!((30..=34).contains(&skipped), "{skipped}");
    }

    #[test]
    fn an_idle_screen_is_drawn_once_a_second() {
        let begin = Instant::now();
        let mut pace = Pace::new(begin);
        let (mut drawn, mut skipped) = (0, 0);
        for millis in 0..5000 {
            let now = begin + Duration::from_millis(millis);
            drawn += u32::from(pace.is_due(now, false, &mut skipped));
        }
        assert_eq!((drawn, skipped), (5, 0));
    }
}
