//! What every source of labels has in common: it plans what to ask, and turns answers to records.

use std::time::Duration;

use super::error::Result;
use super::record::Record;
use super::store::Store;
use super::terms::Terms;

/// A place that labels come from.
pub trait Source: Sync {
    /// As it is stored beside every label.
    fn name(&self) -> &str;

    fn terms(&self) -> Terms;

    /// Names of the stages, in order. A later one may ask for what an earlier one found.
    fn stages(&self) -> Vec<&'static str>;

    /// What `stage` has to ask that no stored answer tells.
    fn plan(&self, stage: &str, store: &Store) -> Result<Vec<Question>>;

    /// Asks, and hands what is told to `emit`, in as many pieces as suit. Called from several
    /// threads at once. What was emitted is kept even if a later piece fails.
    fn ask(&self, question: &Question, emit: &mut Emit<'_>) -> Result<()>;

    /// How long to stay away after a run that may have been killed while it was asking.
    fn window(&self) -> Duration {
        Duration::ZERO
    }
}

pub type Emit<'a> = dyn FnMut(Piece) -> Result<()> + 'a;

/// One request's worth, or one file's.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    pub stage: &'static str,
    /// What it asks for, each known to the store under `stage/item` once it is answered.
    pub items: Vec<Item>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    pub key: String,
    /// What the source needs beside the key, such as a path or a name to search for.
    pub detail: String,
}

impl Item {
    pub fn key(key: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            detail: String::new(),
        }
    }
}

impl Question {
    /// As the store knows `item` of this question.
    pub fn stored_key(stage: &str, item: &str) -> String {
        format!("{stage}/{item}")
    }

    /// All its items as settled, where the source told something of each.
    pub fn found(&self) -> Vec<(String, Outcome)> {
        let key = |item: &Item| Self::stored_key(self.stage, &item.key);
        self.items
            .iter()
            .map(|item| (key(item), Outcome::Found))
            .collect()
    }

    /// Questions of at most `size` items each.
    pub fn batches(stage: &'static str, items: Vec<Item>, size: usize) -> Vec<Self> {
        items
            .chunks(size)
            .map(|items| Self {
                stage,
                items: items.to_vec(),
            })
            .collect()
    }
}

/// Some of an answer; stored whole or not at all.
#[derive(Debug, Clone, Default)]
pub struct Piece {
    pub records: Vec<Record>,
    /// Items of the question that this settles.
    pub settled: Vec<(String, Outcome)>,
}

impl Piece {
    /// Settles an item with what the source told of it, if it told anything.
    pub fn settle(&mut self, stage: &str, item: &str, record: Option<Record>) {
        let outcome = match record {
            Some(_) => Outcome::Found,
            None => Outcome::Absent,
        };
        self.records.extend(record);
        self.settled
            .push((Question::stored_key(stage, item), outcome));
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The source told something of it.
    Found,
    /// The source does not know it; not asked again.
    Absent,
}

impl Outcome {
    pub fn name(self) -> &'static str {
        match self {
            Self::Found => "found",
            Self::Absent => "absent",
        }
    }
}
