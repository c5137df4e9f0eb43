//! What of the teacher does anything at all.
//!
//! Training with weight decay has set most of musicnn's filters to zero: 497 of the 561 of its
//! front end and 44 of the 64 of its first middle layer answer the same whatever they hear. Leaving
//! them out changes nothing but the cost, as long as what they answer is kept where it is used.

use super::front;
use super::teacher::{BANDS, FRAMES, Layer, TAGS, Teacher};
use crate::graph::{Graph, Value, integer, integers};

/// Filters with a smaller norm are dead: the smallest of the living is 0.2, the largest of the dead
/// 1e-6.
const DEAD_NORM: f32 = 1e-3;

/// The teacher without its dead filters.
#[derive(Debug)]
pub struct Living<'a> {
    teacher: &'a Teacher,
    /// Of each front layer, and of the first middle layer, the filters that live.
    front: Vec<Vec<usize>>,
    middle: Vec<usize>,
}

impl<'a> Living<'a> {
    pub fn of(teacher: &'a Teacher) -> Self {
        Self {
            teacher,
            front: teacher.front.iter().map(living).collect(),
            middle: living(&teacher.middle[0]),
        }
    }

    /// Positions, in each of the teacher's pools, of the channels that are left, ascending.
    pub fn channels(&self) -> Vec<usize> {
        let mut channels = self.front_channels();
        let first_middle = self.front_width();
        channels.extend(self.middle.iter().map(|filter| first_middle + filter));
        let width = self.teacher.middle[0].filters();
        channels.extend(first_middle + width..first_middle + 3 * width);
        channels
    }

    /// Channels of the teacher's front end, dead ones included.
    fn front_width(&self) -> usize {
        self.teacher.front.iter().map(Layer::filters).sum()
    }

    fn front_channels(&self) -> Vec<usize> {
        let mut first = 0;
        let mut channels = Vec::new();
        for (layer, living) in self.teacher.front.iter().zip(&self.front) {
            channels.extend(living.iter().map(|filter| first + filter));
            first += layer.filters();
        }
        channels
    }

    /// What every channel of the teacher's front end answers if it is dead; 0 for the living.
    fn front_constants(&self) -> Vec<f32> {
        let mut constants = Vec::new();
        for (layer, living) in self.teacher.front.iter().zip(&self.front) {
            constants.extend((0..layer.filters()).map(|filter| {
                if living.contains(&filter) {
                    0.0
                } else {
                    layer.constant(filter)
                }
            }));
        }
        constants
    }

    /// Multiplications for one window.
    pub fn multiplications(&self) -> usize {
        front::multiplications(self.teacher, &self.front) + self.multiplications_after_front()
    }

    /// The same with a front end that convolves as the teacher's does.
    pub fn multiplications_as_convolutions(&self) -> usize {
        front::multiplications_as_convolutions(self.teacher, &self.front)
            + self.multiplications_after_front()
    }

    fn multiplications_after_front(&self) -> usize {
        let kernel = self.teacher.middle[0].shape[2];
        let width = self.teacher.middle[0].filters();
        let middle = FRAMES
            * (kernel * self.front_channels().len() * self.middle.len()
                + self.middle.len() * width
                + 2 * kernel * width * width);
        let hidden = self.teacher.dense.outputs;
        middle + hidden * (2 * self.channels().len() + TAGS)
    }

    /// Input `mel [1, frames, bands]`; outputs `logits`, `max_pool` and `mean_pool`.
    pub fn onnx(&self) -> Vec<u8> {
        let mut graph = Graph::default();
        let mel = graph.input("mel", &[1, FRAMES, BANDS]);
        let front = self.front_nodes(&mut graph, &mel);
        let maps = self.middle_nodes(&mut graph, front);
        let maxima = graph.node_with(
            "ReduceMax",
            "maxima",
            &[&maps],
            vec![integers("axes", &[2]), integer("keepdims", 0)],
        );
        let means = graph.node_with(
            "ReduceMean",
            "means",
            &[&maps],
            vec![integers("axes", &[2]), integer("keepdims", 0)],
        );
        let logits = self.logit_nodes(&mut graph, &maxima, &means);
        let width = self.channels().len();
        graph.output("logits", &[1, TAGS], &logits);
        graph.output("max_pool", &[1, width], &maxima);
        graph.output("mean_pool", &[1, width], &means);
        graph.encode("backbone")
    }

    /// `[1, living, frames]`: every filter's answer at its best band.
    fn front_nodes(&self, graph: &mut Graph, mel: &Value) -> Value {
        // The teacher rectifies and normalises before it looks for the best band. Both keep the
        // order, or turn it, so that the best can come first and the rest is done once a frame.
        let best = front::best_answers(graph, mel, self.teacher, &self.front);
        let pick = |values: fn(&Layer) -> &[f32]| -> Vec<f32> {
            let layers = self.teacher.front.iter().zip(&self.front);
            layers
                .flat_map(|(layer, living)| living.iter().map(move |&at| values(layer)[at]))
                .collect()
        };
        let (scale, shift) = (pick(|layer| &layer.scale), pick(|layer| &layer.shift));
        rectified(graph, "front", &best, &scale, &shift)
    }

    /// `[1, channels, frames]`: the front end and the three middle layers, living channels only.
    fn middle_nodes(&self, graph: &mut Graph, front: Value) -> Value {
        let middle = &self.teacher.middle;
        let (first, second, third) = (&middle[0], &middle[1], &middle[2]);
        let (kernel, width) = (first.shape[2], first.filters());
        let channels = self.front_channels();
        let constants = self.front_constants();
        let mut weights = Vec::new();
        // What the dead channels add, a frame each: the first and last frames see fewer of them.
        let mut added = Vec::new();
        for &filter in &self.middle {
            let taps = first.filter(filter);
            for &channel in &channels {
                weights.extend_from_slice(&taps[channel * kernel..(channel + 1) * kernel]);
            }
            let by_tap: Vec<f32> = (0..kernel)
                .map(|tap| {
                    (0..constants.len())
                        .map(|channel| taps[channel * kernel + tap] * constants[channel])
                        .sum()
                })
                .collect();
            for frame in 0..FRAMES {
                let seen = (0..kernel)
                    .filter(|tap| (kernel / 2..FRAMES + kernel / 2).contains(&(frame + tap)));
                added.push(first.bias[filter] + seen.map(|tap| by_tap[tap]).sum::<f32>());
            }
        }
        let living = self.middle.len();
        let weights = graph.weights(
            "middle0.weights",
            &[living, channels.len(), kernel],
            &weights,
        );
        let answers = graph.node_with(
            "Conv",
            "middle0.living",
            &[&front, &weights],
            padding(kernel),
        );
        let added = graph.weights("middle0.dead", &[1, living, FRAMES], &added);
        let answers = graph.node("Add", "middle0", &[&answers, &added]);
        let pick = |values: &[f32]| -> Vec<f32> {
            self.middle.iter().map(|&filter| values[filter]).collect()
        };
        let (scale, shift) = (pick(&first.scale), pick(&first.shift));
        let first_living = rectified(graph, "middle0", &answers, &scale, &shift);

        // All of the first layer again, since the others add to it.
        let mut places = vec![0.0; width * living];
        for (position, &filter) in self.middle.iter().enumerate() {
            places[filter * living + position] = 1.0;
        }
        let dead: Vec<f32> = (0..width)
            .map(|filter| match self.middle.contains(&filter) {
                true => 0.0,
                false => first.constant(filter),
            })
            .collect();
        let places = graph.weights("middle0.places", &[width, living, 1], &places);
        let dead = graph.weights("middle0.constants", &[width], &dead);
        let mut sum = graph.node_with(
            "Conv",
            "middle0.all",
            &[&first_living, &places, &dead],
            vec![integers("kernel_shape", &[1])],
        );
        let mut maps = vec![front, first_living];
        for (name, layer) in [("middle1", second), ("middle2", third)] {
            let shape = [width, width, kernel];
            let weights = graph.weights(&format!("{name}.weights"), &shape, &layer.weights);
            let bias = graph.weights(&format!("{name}.bias"), &[width], &layer.bias);
            let answers = graph.node_with("Conv", name, &[&sum, &weights, &bias], padding(kernel));
            let normal = rectified(graph, name, &answers, &layer.scale, &layer.shift);
            sum = graph.node("Add", &format!("{name}.sum"), &[&normal, &sum]);
            maps.push(sum.clone());
        }
        let maps: Vec<&Value> = maps.iter().collect();
        graph.node_with("Concat", "maps", &maps, vec![integer("axis", 1)])
    }

    fn logit_nodes(&self, graph: &mut Graph, maxima: &Value, means: &Value) -> Value {
        let (dense, output) = (&self.teacher.dense, &self.teacher.output);
        let hidden = dense.outputs;
        let pool_width = dense.weights.len() / hidden / 2;
        let channels = self.channels();
        let row = |position: usize| &dense.weights[position * hidden..(position + 1) * hidden];
        // Both pools of a channel that never changes are that constant.
        let mut constants = self.front_constants();
        constants.extend((0..self.teacher.middle[0].filters()).map(|filter| {
            if self.middle.contains(&filter) {
                0.0
            } else {
                self.teacher.middle[0].constant(filter)
            }
        }));
        let mut bias = dense.bias.clone();
        for (channel, &constant) in constants.iter().enumerate() {
            for position in [channel, pool_width + channel] {
                for (bias, weight) in bias.iter_mut().zip(row(position)) {
                    *bias += weight * constant;
                }
            }
        }
        let weights: Vec<f32> = channels
            .iter()
            .copied()
            .chain(channels.iter().map(|channel| pool_width + channel))
            .flat_map(row)
            .copied()
            .collect();
        let pools = graph.node_with(
            "Concat",
            "pools",
            &[maxima, means],
            vec![integer("axis", 1)],
        );
        let weights = graph.weights("dense.weights", &[2 * channels.len(), hidden], &weights);
        let bias = graph.weights("dense.bias", &[hidden], &bias);
        let answers = graph.node("Gemm", "dense", &[&pools, &weights, &bias]);
        let rectified = graph.node("Relu", "dense.rectified", &[&answers]);
        // The normalisation between the two layers is part of the second.
        let mut bias = output.bias.clone();
        let mut weights = output.weights.clone();
        for (unit, weights) in weights.chunks_exact_mut(output.outputs).enumerate() {
            for (weight, bias) in weights.iter_mut().zip(&mut bias) {
                *bias += self.teacher.dense_shift[unit] * *weight;
                *weight *= self.teacher.dense_scale[unit];
            }
        }
        let weights = graph.weights("output.weights", &[hidden, output.outputs], &weights);
        let bias = graph.weights("output.bias", &[output.outputs], &bias);
        graph.node("Gemm", "tags", &[&rectified, &weights, &bias])
    }
}

fn living(layer: &Layer) -> Vec<usize> {
    (0..layer.filters())
        .filter(|&filter| {
            let squares: f32 = layer
                .filter(filter)
                .iter()
                .map(|weight| weight * weight)
                .sum();
            squares.sqrt() > DEAD_NORM
        })
        .collect()
}

/// `scale · max(0, maps) + shift`, by channel.
fn rectified(graph: &mut Graph, name: &str, maps: &Value, scale: &[f32], shift: &[f32]) -> Value {
    let shape = [1, scale.len(), 1];
    let scale = graph.weights(&format!("{name}.scale"), &shape, scale);
    let shift = graph.weights(&format!("{name}.shift"), &shape, shift);
    let rectified = graph.node("Relu", &format!("{name}.rectified"), &[maps]);
    let scaled = graph.node("Mul", &format!("{name}.scaled"), &[&rectified, &scale]);
    graph.node("Add", &format!("{name}.normal"), &[&scaled, &shift])
}

fn padding(kernel: usize) -> Vec<tract_onnx::pb::AttributeProto> {
    let half = kernel as i64 / 2;
    vec![
        integers("kernel_shape", &[kernel as i64]),
        integers("pads", &[half, half]),
    ]
}
