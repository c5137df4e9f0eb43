//! How far a long task is: a bar for whoever watches, lines for whoever reads the log.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Where nobody watches a bar, progress is a line every so often.
pub const REPORT_EVERY: Duration = Duration::from_secs(10);

pub struct Progress {
    name: String,
    bar: ProgressBar,
    total: usize,
    done: usize,
    since: Instant,
    reported: Instant,
}

impl Progress {
    pub fn new(name: String, total: usize) -> Self {
        let template = "{prefix} {bar:30} {pos} of {len}, {per_sec} ({elapsed}, {eta} left)";
        let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_prefix(name.clone());
        Self {
            name,
            bar,
            total,
            done: 0,
            since: Instant::now(),
            reported: Instant::now(),
        }
    }

    pub fn advance(&mut self, items: usize) {
        self.done += items;
        self.bar.inc(items as u64);
        if self.reported.elapsed() >= REPORT_EVERY {
            self.report();
        }
    }

    pub fn report(&mut self) {
        self.reported = Instant::now();
        if self.bar.is_hidden() {
            eprintln!("{}", self.in_words());
        }
    }

    fn in_words(&self) -> String {
        let rate = self.done as f64 / self.since.elapsed().as_secs_f64().max(1e-3);
        let left = match rate {
            0.0 => "unknown time left".to_owned(),
            rate => format!(
                "{:.0} s left",
                self.total.saturating_sub(self.done) as f64 / rate
            ),
        };
        format!(
            "{}: {} of {}, {rate:.1}/s, {left}",
            self.name, self.done, self.total
        )
    }

    pub fn finish(&self) {
        self.bar.finish_and_clear();
        eprintln!(
            "{}: {} of {} in {:.1} s",
            self.name,
            self.done,
            self.total,
            self.since.elapsed().as_secs_f64()
        );
    }
}
