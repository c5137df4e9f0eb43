//! At most so many requests in any stretch of time, however long they take to arrive.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A rolling window.
///
/// A place in the window is free again one window after the answer came, not after the request
/// was sent. The request reached the server some time before its answer did, so two requests for
/// the same place reach it at least a window apart, whatever the network does.
pub struct Limiter {
    requests: usize,
    window: Duration,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    in_flight: usize,
    /// When the places of answered requests are free again, the earliest first.
    free_at: VecDeque<Instant>,
    paused_until: Option<Instant>,
}

/// A place in the window, given back when the answer is there.
pub struct Place<'a> {
    limiter: &'a Limiter,
}

impl Limiter {
    pub fn new(requests: usize, window: Duration) -> Self {
        Self {
            requests: requests.max(1),
            window,
            state: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    pub fn window(&self) -> Duration {
        self.window
    }

    /// Waits for a place; `None` where `give_up` says so first.
    pub fn place(&self, give_up: impl Fn() -> bool) -> Option<Place<'_>> {
        let mut state = self.lock();
        loop {
            if give_up() {
                return None;
            }
            let now = Instant::now();
            while state.free_at.front().is_some_and(|at| *at <= now) {
                state.free_at.pop_front();
            }
            let paused = state.paused_until.filter(|until| *until > now);
            let full = state.in_flight + state.free_at.len() >= self.requests;
            if paused.is_none() && !full {
                state.in_flight += 1;
                return Some(Place { limiter: self });
            }
            let next = paused.or_else(|| state.free_at.front().copied());
            let wait = next.map_or(LOOK_AROUND, |next| {
                next.duration_since(now).min(LOOK_AROUND)
            });
            state = self
                .changed
                .wait_timeout(state, wait)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// Nothing is sent for `time` from now.
    pub fn pause(&self, time: Duration) {
        let until = Instant::now() + time;
        let mut state = self.lock();
        state.paused_until = Some(state.paused_until.map_or(until, |set| set.max(until)));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long a wait goes on before it looks whether the run is to end.
pub const LOOK_AROUND: Duration = Duration::from_millis(100);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut state = self.limiter.lock();
        state.in_flight -= 1;
        state
            .free_at
            .push_back(Instant::now() + self.limiter.window);
        drop(state);
        self.limiter.changed.notify_all();
    }
}

/// Sleeps for `time`, or until `give_up` says to stop.
pub fn sleep(time: Duration, give_up: impl Fn() -> bool) {
    let until = Instant::now() + time;
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() || give_up() {
            return;
        }
        std::thread::sleep(left.min(LOOK_AROUND));
    }
}
