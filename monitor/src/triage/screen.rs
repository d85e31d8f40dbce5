//! The terminal: keys in, frames out, and everything as it was before when it is over, however that comes about.

#![expect(
    clippy::disallowed_methods,
    reason = "a screen lives in real time: frames are due, and ages grow"
)]

mod pace;

use std::io::{self, Write, stdin, stdout};
use std::panic;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError};
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
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use super::action::{Effect, Mouse, Press};
pub(crate) use super::draw::Look;
use super::draw::draw;
use super::model::Model;
use super::news::News;
use super::source::Sources;
use crate::frame::Timestamp;
use pace::Pace;

/// How much is read before keys are looked at again.
const BATCH: usize = 256;

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
        let more = read(&mut model, &running.news, &mut pace);
        if is_hung_up(pace.patience(more))? {
            return Ok(());
        }
        for effect in keys(&mut model, &mut pace)? {
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

/// Takes what has come, so much at a time that a key never waits long; true when there may be more.
fn read(model: &mut Model, news: &Receiver<News>, pace: &mut Pace) -> bool {
    // What waited during a pause comes before what is new.
    let waited = model.catch_up(BATCH);
    pace.changed |= waited > 0;
    for _ in waited..BATCH {
        match news.try_recv() {
            Ok(news) => model.take(news),
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => return false,
        }
        pace.changed = true;
    }
    true
}

/// Waits for a key. True when the terminal is gone: from one that hung up, crossterm would read without end.
fn is_hung_up(patience: Duration) -> io::Result<bool> {
    let stdin = stdin();
    let mut terminal = [PollFd::new(&stdin, PollFlags::IN)];
    let patience = Timespec::try_from(patience).map_err(io::Error::other)?;
    match poll(&mut terminal, Some(&patience)) {
        // A signal: that the window has another size, or the end.
        Ok(_) | Err(Errno::INTR) => {}
        Err(error) => return Err(error.into()),
    }
    let [terminal] = terminal;
    let gone = PollFlags::HUP | PollFlags::ERR;
    Ok(terminal.revents().intersects(gone))
}

/// Takes the keys that were pressed.
fn keys(model: &mut Model, pace: &mut Pace) -> io::Result<Vec<Effect>> {
    let mut effects = Vec::new();
    for _ in 0..BATCH {
        if !event::poll(Duration::ZERO)? {
            break;
        }
        pace.changed = true;
        effects.extend(match event::read()? {
            Event::Key(key) => press(key).and_then(|press| {
                pace.pressed = true;
                model.press(press)
            }),
            Event::Mouse(mouse) => moved(mouse).and_then(|mouse| {
                pace.pressed = true;
                model.mouse(mouse)
            }),
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
mod tests;
