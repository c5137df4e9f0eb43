//! One run over one source: stage after stage, several threads asking, one writing.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use super::error::{Error, Result};
use super::limit::sleep;
use super::source::{Outcome, Piece, Question, Source};
use super::store::{Store, Turn};
use crate::progress::{self, Progress};

/// Failures of different requests in a row after which the source is taken to be down.
const FAILURES_IN_A_ROW: usize = 8;

/// Pieces that are written in one transaction, if that many are waiting.
const AT_ONCE: usize = 64;

/// What a run did.
#[derive(Debug, Default)]
pub struct Summary {
    pub found: usize,
    pub absent: usize,
    pub records: usize,
    /// Questions left to a later run, and the reason of the last.
    pub failed: usize,
    pub last_failure: Option<Error>,
    /// Endpoints that are not open, in words.
    pub unavailable: Vec<String>,
}

pub struct Run<'a> {
    pub source: &'a dyn Source,
    pub concurrency: usize,
    /// Ask though the source wanted to be left alone for longer.
    pub now: bool,
    pub interrupted: &'a AtomicBool,
}

impl Run<'_> {
    /// Asks all that is not stored yet. An error that ends the run comes with what was done before.
    pub fn run(&self, folder: &Path, store: &mut Store) -> (Summary, Result<()>) {
        let mut summary = Summary::default();
        let outcome = self.run_stages(folder, store, &mut summary);
        if let Err(error) = &outcome
            && let Some(at) = error.resume_at()
            && let Err(error) = store.set_resume_at(self.source.name(), at)
        {
            return (summary, Err(error));
        }
        (summary, outcome)
    }

    fn run_stages(&self, folder: &Path, store: &mut Store, summary: &mut Summary) -> Result<()> {
        let source = self.source;
        let _turn = Turn::take(folder, source.name())?;
        store.register(source)?;
        let resume_at = store.resume_at(source.name())?;
        if let Some(resume_at) = resume_at.filter(|at| *at > Timestamp::now() && !self.now) {
            return Err(Error::TooEarly {
                source_name: source.name().to_owned(),
                resume_at,
            });
        }
        let wait = store.begin_asking(source, Timestamp::now())?;
        sleep(wait, || self.interrupted.load(Ordering::Relaxed));
        let outcome = source.stages().into_iter().try_for_each(|stage| {
            let questions = source.plan(stage, store)?;
            self.run_stage(stage, questions, store, summary)
        });
        store.end_asking(source, Timestamp::now())?;
        outcome
    }

    fn run_stage(
        &self,
        stage: &str,
        questions: Vec<Question>,
        store: &mut Store,
        summary: &mut Summary,
    ) -> Result<()> {
        if questions.is_empty() {
            return Ok(());
        }
        let items = questions.iter().map(|question| question.items.len()).sum();
        let mut progress = Progress::new(format!("{} {stage}", self.source.name()), items);
        let board = Board {
            questions: Mutex::new(questions.into()),
            over: AtomicBool::new(false),
        };
        let written = std::thread::scope(|scope| {
            let (sender, receiver) = sync_channel(AT_ONCE);
            for _ in 0..self.concurrency.max(1) {
                let (sender, board) = (sender.clone(), &board);
                scope.spawn(move || self.ask(board, &sender));
            }
            drop(sender);
            let written = self.write(receiver, &board, store, summary, &mut progress);
            board.over.store(true, Ordering::Relaxed);
            written
        });
        progress.finish();
        match written {
            Err(Error::EndpointUnavailable { endpoint, status }) => {
                let words = Error::EndpointUnavailable { endpoint, status }.to_string();
                summary.unavailable.push(words);
                Ok(())
            }
            other => other,
        }
    }

    /// Takes questions from the board until there are none or the stage is over.
    fn ask(&self, board: &Board, sender: &SyncSender<Message>) {
        while let Some(question) = board.next() {
            if self.interrupted.load(Ordering::Relaxed) {
                let _ = sender.send(Message::Failed(Error::Interrupted));
                return;
            }
            let mut emit = |piece| {
                let sent = sender.send(Message::Piece(piece));
                sent.map_err(|_| Error::Interrupted)
            };
            let message = match self.source.ask(&question, &mut emit) {
                Ok(()) => Message::Answered,
                Err(error) => Message::Failed(error),
            };
            if sender.send(message).is_err() {
                return;
            }
        }
    }

    /// Writes what comes until every thread is done. A reason to stop ends the asking, but what is
    /// under way then is still written.
    fn write(
        &self,
        // Gone when this ends, so that no thread waits for ever to be heard.
        receiver: Receiver<Message>,
        board: &Board,
        store: &mut Store,
        summary: &mut Summary,
        progress: &mut Progress,
    ) -> Result<()> {
        let mut failures = 0;
        let mut stop = None;
        loop {
            let first = match receiver.recv_timeout(progress::REPORT_EVERY) {
                Ok(message) => message,
                Err(RecvTimeoutError::Timeout) => {
                    progress.report();
                    continue;
                }
                Err(RecvTimeoutError::Disconnected) => return stop.map_or(Ok(()), Err),
            };
            let mut pieces = Vec::new();
            for message in std::iter::once(first).chain(receiver.try_iter().take(AT_ONCE - 1)) {
                match message {
                    Message::Piece(piece) => pieces.push(piece),
                    Message::Answered => failures = 0,
                    Message::Failed(error) if error.is_of_one_question() => {
                        failures += 1;
                        summary.failed += 1;
                        if failures >= FAILURES_IN_A_ROW {
                            stop.get_or_insert(Error::SourceDown {
                                count: failures,
                                last: error.to_string(),
                            });
                        }
                        summary.last_failure = Some(error);
                    }
                    // A closed endpoint is the least of reasons.
                    Message::Failed(error) => {
                        if matches!(stop, None | Some(Error::EndpointUnavailable { .. })) {
                            stop = Some(error);
                        }
                    }
                }
            }
            store.put(self.source, &pieces, Timestamp::now())?;
            for piece in &pieces {
                summary.count(piece);
                progress.advance(piece.settled.len());
            }
            if let Some(error) = &stop {
                board.over.store(true, Ordering::Relaxed);
                // A closed endpoint ends its stage alone; all else ends waits as Ctrl-C does.
                if !matches!(error, Error::EndpointUnavailable { .. }) {
                    self.interrupted.store(true, Ordering::Relaxed);
                }
            }
        }
    }
}

impl Summary {
    fn count(&mut self, piece: &Piece) {
        self.records += piece.records.len();
        for (_, outcome) in &piece.settled {
            match outcome {
                Outcome::Found => self.found += 1,
                Outcome::Absent => self.absent += 1,
            }
        }
    }
}

/// The questions of a stage that nobody has taken yet.
struct Board {
    questions: Mutex<VecDeque<Question>>,
    over: AtomicBool,
}

impl Board {
    fn next(&self) -> Option<Question> {
        if self.over.load(Ordering::Relaxed) {
            return None;
        }
        let mut questions = self
            .questions
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        questions.pop_front()
    }
}

enum Message {
    Piece(Piece),
    Answered,
    Failed(Error),
}
