//! The fitted heads: evidence from three sources, blended and brought to the reference's scale.

use foretune::features::Feature;
use foretune::features::statistics::Statistics;
use ndarray::{Array2, ArrayView2};

use super::population::{self, Population};
use super::reference::Reference;
use super::statistics::{self, StatisticsHead};
use super::tags::TagPrior;
use super::teacher::Teacher;
use crate::graph::{Graph, Value};

/// Scores beyond this are not reached: at 2.5 lie the 75 most extreme of ten thousand songs.
const SCORE_LIMIT: f64 = 2.5;

/// Straight pieces that each feature's distribution is drawn with, a tenth of a deviation wide.
const PIECES: usize = 50;

const FEATURES: usize = Feature::PERCEPTUAL.len();

#[derive(Debug, Clone)]
pub struct Heads {
    pub population: Population,
    pub teacher: Teacher,
    pub tags: TagPrior,
    /// Standard deviation of the tags' estimate: `[7]`.
    pub tag_deviation: Vec<f64>,
    pub statistics: StatisticsHead,
    /// Of teacher, tags and statistics, for each feature.
    pub weights: Vec<[f64; 3]>,
    /// Every feature's value at evenly spaced scores from -[`SCORE_LIMIT`] to [`SCORE_LIMIT`].
    pub scale: Vec<Vec<f64>>,
}

/// The reference's values at evenly spaced scores.
pub fn scale_of(reference: &Reference) -> Vec<Vec<f64>> {
    (0..FEATURES)
        .map(|feature| {
            knots()
                .map(|score| reference.value(feature, score))
                .collect()
        })
        .collect()
}

fn knots() -> impl Iterator<Item = f64> {
    (0..=PIECES).map(|k| SCORE_LIMIT * (2.0 * k as f64 / PIECES as f64 - 1.0))
}

impl Heads {
    /// Teacher, tags and statistics, each `[songs, 7]` with deviation 1.
    pub fn evidence(
        &self,
        embedding: ArrayView2<'_, f64>,
        statistics: ArrayView2<'_, f64>,
    ) -> [Array2<f64>; 3] {
        let mut tags = self.tags.apply(&self.population.logits(embedding));
        for (mut column, deviation) in tags.columns_mut().into_iter().zip(&self.tag_deviation) {
            column /= *deviation;
        }
        [
            self.teacher
                .apply(self.population.deviations(embedding).view()),
            tags,
            self.statistics.apply(statistics),
        ]
    }

    /// `[songs, 7]`, 0..1: what the graph must compute.
    #[cfg(test)]
    pub fn estimate(
        &self,
        embedding: ArrayView2<'_, f64>,
        statistics: ArrayView2<'_, f64>,
    ) -> Array2<f64> {
        let evidence = self.evidence(embedding, statistics);
        Array2::from_shape_fn((embedding.nrows(), FEATURES), |(song, feature)| {
            let score: f64 = evidence
                .iter()
                .zip(&self.weights[feature])
                .map(|(piece, weight)| piece[[song, feature]] * weight)
                .sum();
            self.value(feature, score)
        })
    }

    /// The value, 0..1, that stands at a normal score in the reference's distribution.
    pub fn value(&self, feature: usize, score: f64) -> f64 {
        let share = (score.clamp(-SCORE_LIMIT, SCORE_LIMIT) / SCORE_LIMIT + 1.0) / 2.0;
        let position = share * PIECES as f64;
        let piece = (position.floor() as usize).min(PIECES - 1);
        let (low, high) = (self.scale[feature][piece], self.scale[feature][piece + 1]);
        (low + (high - low) * (position - piece as f64)).clamp(0.0, 1.0)
    }

    /// Inputs `embedding [1, tags + 2 · pool width]` and `statistics [1, Statistics::WIDTH]`; output
    /// `features [1, 7]`, 0..1, in the order of [`Feature::PERCEPTUAL`].
    pub fn onnx(&self) -> Vec<u8> {
        let mut graph = Graph::default();
        let embedding = graph.input("embedding", &[1, self.population.embedding_width()]);
        let statistics = graph.input("statistics", &[1, Statistics::WIDTH]);
        let teacher = self.teacher_nodes(&mut graph, &embedding);
        let tags = self.tag_nodes(&mut graph, &embedding);
        let measures = self.statistics_nodes(&mut graph, &statistics);
        let heard = graph.node("Add", "heard", &[&teacher, &tags]);
        let score = graph.node("Add", "score", &[&heard, &measures]);
        let value = self.scale_nodes(&mut graph, &score);
        graph.output("features", &[1, FEATURES], &value);
        graph.encode("heads")
    }

    fn weight(&self, piece: usize, feature: usize) -> f64 {
        self.weights[feature][piece]
    }

    fn teacher_nodes(&self, graph: &mut Graph, embedding: &Value) -> Value {
        let width = self.population.embedding_width();
        let (mut mean, mut inverse) = (vec![0.0; width], vec![0.0; width]);
        let mut weights = Array2::zeros((width, FEATURES));
        for (row, &position) in self.population.live().iter().enumerate() {
            let (usual, deviation) = self.population.scale(position);
            mean[position] = usual;
            inverse[position] = 1.0 / deviation;
            for feature in 0..FEATURES {
                weights[[position, feature]] =
                    self.teacher.weights[[row, feature]] * self.weight(0, feature);
            }
        }
        let mean = graph.row("population.mean", mean);
        let inverse = graph.row("population.inverse_deviation", inverse);
        let weights = graph.matrix("teacher.weights", &weights);
        let centred = graph.node("Sub", "population.centred", &[embedding, &mean]);
        let scaled = graph.node("Mul", "population.scaled", &[&centred, &inverse]);
        let limited = graph.clip(
            "population.deviations",
            &scaled,
            -population::LIMIT,
            population::LIMIT,
        );
        graph.node("MatMul", "teacher", &[&limited, &weights])
    }

    fn tag_nodes(&self, graph: &mut Graph, embedding: &Value) -> Value {
        let mut effects = Array2::zeros((self.population.embedding_width(), FEATURES));
        let mut usual = vec![0.0; FEATURES];
        for (tag, row) in self.tags.effects.rows().into_iter().enumerate() {
            for (feature, effect) in row.iter().enumerate() {
                let effect = effect * self.weight(1, feature) / self.tag_deviation[feature];
                effects[[tag, feature]] = effect;
                usual[feature] += self.tags.usual[tag] * effect;
            }
        }
        let effects = graph.matrix("tags.effects", &effects);
        let usual = graph.row("tags.usual", usual);
        let probabilities = graph.node("Sigmoid", "tags.probabilities", &[embedding]);
        let product = graph.node("MatMul", "tags.product", &[&probabilities, &effects]);
        graph.node("Sub", "tags", &[&product, &usual])
    }

    fn statistics_nodes(&self, graph: &mut Graph, statistics: &Value) -> Value {
        let measures = &self.statistics.measures;
        let (plain, logarithmic) = measures
            .projection
            .view()
            .split_at(ndarray::Axis(0), Statistics::WIDTH);
        let weights = Array2::from_shape_fn(self.statistics.weights.dim(), |(row, feature)| {
            self.statistics.weights[[row, feature]] * self.weight(2, feature)
        });
        let zero = graph.row("statistics.zero", [0.0]);
        let floor = graph.row("statistics.floor", [f64::from(statistics::FLOOR)]);
        let plain = graph.matrix("statistics.plain", &plain.to_owned());
        let logarithmic = graph.matrix("statistics.logarithmic", &logarithmic.to_owned());
        let mean = graph.row("statistics.mean", measures.mean.iter().copied());
        let inverse = graph.row(
            "statistics.inverse_deviation",
            measures.deviation.iter().map(|d| 1.0 / d),
        );
        let weights = graph.matrix("statistics.weights", &weights);

        let positive = graph.node("Max", "statistics.positive", &[statistics, &zero]);
        let raised = graph.node("Add", "statistics.raised", &[&positive, &floor]);
        let logarithm = graph.node("Log", "statistics.logarithm", &[&raised]);
        let linear = graph.node("MatMul", "statistics.linear_part", &[statistics, &plain]);
        let curved = graph.node("MatMul", "statistics.log_part", &[&logarithm, &logarithmic]);
        let raw = graph.node("Add", "statistics.measures", &[&linear, &curved]);
        let centred = graph.node("Sub", "statistics.centred", &[&raw, &mean]);
        let scaled = graph.node("Mul", "statistics.scaled", &[&centred, &inverse]);
        let limited = graph.clip(
            "statistics.deviations",
            &scaled,
            -statistics::LIMIT,
            statistics::LIMIT,
        );
        graph.node("MatMul", "measures", &[&limited, &weights])
    }

    /// The reference's distribution as a sum of ramps: one ramp begins at each knot, with the
    /// change of slope there.
    fn scale_nodes(&self, graph: &mut Graph, score: &Value) -> Value {
        let knots: Vec<f64> = knots().collect();
        let step = knots[1] - knots[0];
        let mut copies = Array2::zeros((FEATURES, FEATURES * PIECES));
        let mut begins = vec![0.0; FEATURES * PIECES];
        let mut slopes = Array2::zeros((FEATURES * PIECES, FEATURES));
        for (feature, values) in self.scale.iter().enumerate() {
            let mut before = 0.0;
            for piece in 0..PIECES {
                let slope = (values[piece + 1] - values[piece]) / step;
                let at = feature * PIECES + piece;
                copies[[feature, at]] = 1.0;
                begins[at] = knots[piece];
                slopes[[at, feature]] = slope - before;
                before = slope;
            }
        }
        let copies = graph.matrix("scale.copies", &copies);
        let begins = graph.row("scale.begins", begins);
        let slopes = graph.matrix("scale.slopes", &slopes);
        let lowest = graph.row("scale.lowest", self.scale.iter().map(|values| values[0]));
        let limit = SCORE_LIMIT as f32;
        let limited = graph.clip("scale.score", score, -limit, limit);
        let repeated = graph.node("MatMul", "scale.repeated", &[&limited, &copies]);
        let past = graph.node("Sub", "scale.past", &[&repeated, &begins]);
        let ramps = graph.node("Relu", "scale.ramps", &[&past]);
        let risen = graph.node("MatMul", "scale.risen", &[&ramps, &slopes]);
        let value = graph.node("Add", "scale.value", &[&risen, &lowest]);
        graph.clip("scale", &value, 0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::segments::Segments;
    use super::super::statistics::LabelledStatistics;
    use super::super::{HeadsConfig, train};
    use super::*;
    use crate::table::Row;
    use foretune::model::{FileEntry, OnnxModel};
    use rand::{RngExt as _, SeedableRng as _};
    use rand_chacha::ChaCha8Rng;

    const TAGS: [&str; 3] = ["rock", "jazz", "60s"];
    const CHANNELS: usize = 8;

    /// Songs whose energy is what channel 0 of the pools and the genre "rock" say, and little else.
    fn synthetic() -> (Heads, Segments, LabelledStatistics) {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let mut uniform = move || rng.random::<f64>();
        let rows: Vec<Row> = (0..6000)
            .map(|_| {
                let rock = uniform() < 0.5;
                let mut features = [0.0; 11].map(|_: f64| Some(uniform() as f32));
                features[Feature::Energy as usize] =
                    Some((0.5 * uniform() + if rock { 0.5 } else { 0.0 }) as f32);
                Row {
                    features,
                    year: Some(1950.0 + 60.0 * uniform() as f32),
                    duration_seconds: None,
                    explicit: None,
                    genre: Some(if rock { "indie-rock" } else { "smooth jazz" }.to_owned()),
                    artist_record: None,
                    popularity: None,
                    artist: None,
                    source: Some("114k_part".to_owned()),
                    split: None,
                }
            })
            .collect();
        let width = TAGS.len() + CHANNELS;
        let embedding = Array2::from_shape_fn((60, width), |_| 4.0 * uniform() - 2.0);
        let labels = Array2::from_shape_fn((60, FEATURES), |(row, feature)| {
            let channel = embedding[[row, TAGS.len() + feature]];
            (0.5 + 0.2 * channel + 0.02 * uniform()).clamp(0.01, 0.99)
        });
        let segments = Segments {
            collection: (0..60)
                .map(|row| format!("collection {}", row % 5))
                .collect(),
            hours: Vec::new(),
            embedding,
            statistics: Array2::from_shape_fn((60, Statistics::WIDTH), |_| 0.1 + uniform()),
            labels,
        };
        let statistics = Array2::from_shape_fn((80, Statistics::WIDTH), |_| 0.1 + uniform());
        let clips = LabelledStatistics {
            artist: (0..80).map(|row| format!("artist {}", row % 20)).collect(),
            features: Array2::from_shape_fn((80, FEATURES), |(row, _)| {
                (statistics[[row, 4]] / 1.2 + 0.05 * uniform()).clamp(0.0, 1.0)
            }),
            statistics,
        };
        let population = Population {
            pool_mean: vec![0.1; CHANNELS],
            // The last channel never fires.
            pool_deviation: (0..CHANNELS)
                .map(|at| if at + 1 < CHANNELS { 1.2 } else { 0.0 })
                .collect(),
            logit_mean: vec![-1.0; TAGS.len()],
        };
        let config = HeadsConfig {
            teacher_penalty: 0.1,
            ..HeadsConfig::default()
        };
        let tags = TAGS.map(str::to_owned);
        let reference = Reference::of(&rows).unwrap();
        let (heads, account) = train(
            &config, population, &tags, &rows, &reference, &clips, &segments,
        )
        .unwrap();
        let energy = 2;
        // The labels are a channel each with a tenth of noise.
        assert!(account.teacher_agreement[energy] > 0.9);
        // Genre halves the range of energy: of two adjoining uniform distributions it explains three
        // quarters of the variance, of normal scores less (2/π for two halves of a normal one).
        let explained = account.tags_explained[energy];
        assert!((0.5..0.8).contains(&explained), "{explained}");
        (heads, segments, clips)
    }

    #[test]
    fn trained_heads_follow_what_they_were_taught() {
        let (heads, segments, _) = synthetic();
        let estimates = heads.estimate(segments.embedding.view(), segments.statistics.view());
        let energy = 2;
        let r = super::super::linear::correlation(
            estimates.column(energy),
            segments.labels.column(energy),
        );
        assert!(r > 0.6, "r = {r}");
    }

    #[test]
    fn the_graph_computes_what_was_fitted() {
        let (heads, segments, _) = synthetic();
        let content = heads.onnx();
        let width = heads.population.embedding_width();
        let entry = FileEntry::describe("heads.onnx", &content);
        let graph =
            OnnxModel::load(&entry, &content, &[&[1, width], &[1, Statistics::WIDTH]]).unwrap();
        let expected = heads.estimate(segments.embedding.view(), segments.statistics.view());
        for song in 0..segments.labels.nrows() {
            let single = |matrix: &Array2<f64>| -> Vec<f32> {
                matrix.row(song).iter().map(|&value| value as f32).collect()
            };
            let found = graph
                .run(&[&single(&segments.embedding), &single(&segments.statistics)])
                .unwrap();
            for (feature, &value) in found[0].iter().enumerate() {
                // The graph is in f32, the fit in f64.
                assert!((f64::from(value) - expected[[song, feature]]).abs() < 1e-5);
            }
        }
    }

    #[test]
    fn training_again_gives_the_same_graph() {
        assert_eq!(synthetic().0.onnx(), synthetic().0.onnx());
    }
}
