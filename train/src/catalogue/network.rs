//! The two-stream network: a small CNN in the manner of MobileNetV2 on the spectrogram, beside
//! dense layers on the statistics, joined and answered as the popularity model answers.

use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::pool::{AdaptiveAvgPool2d, AdaptiveAvgPool2dConfig};
use burn::nn::{
    BatchNorm, BatchNormConfig, Dropout, DropoutConfig, Linear, LinearConfig, PaddingConfig2d,
};
use burn::prelude::*;
use burn::tensor::activation::relu;
use foretune::popularity::columns::Column;
use serde::{Deserialize, Serialize};

use crate::popularity::network::{Bin, Ladder, OUTPUTS, POINTS, Scales};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TwoStreamConfig {
    /// Channels of the first convolution, which halves the spectrogram.
    pub stem: usize,
    pub blocks: Vec<BlockConfig>,
    /// Width of each stream where they meet.
    pub width: usize,
    pub genre_width: usize,
    pub hidden: usize,
    pub dropout: f64,
}

/// An inverted residual (Sandler et al. 2018, "MobileNetV2").
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BlockConfig {
    /// How many times wider the depthwise convolution is than the block's input.
    pub expansion: usize,
    pub channels: usize,
    pub stride: usize,
}

/// What the spectrogram stream reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    /// Patches of spectrogram, through a CNN that is trained.
    Spectrogram,
    /// The frozen backbone's embedding.
    FrozenBackbone,
    /// Nothing: the network that the others are compared with.
    None,
}

#[derive(Module, Debug)]
pub struct TwoStream {
    cnn: Option<Cnn>,
    embedding: Option<Linear>,
    scales: Scales,
    genre: Linear,
    statistics: Linear,
    joined: Linear,
    output: Linear,
    dropout: Dropout,
    ladder: Ladder,
}

#[derive(Module, Debug)]
struct Cnn {
    stem: Convolution,
    blocks: Vec<InvertedResidual>,
    pool: AdaptiveAvgPool2d,
    output: Linear,
}

#[derive(Module, Debug)]
struct InvertedResidual {
    expand: Convolution,
    depthwise: Convolution,
    project: Convolution,
    residual: bool,
}

/// A convolution without bias, then batch normalisation.
#[derive(Module, Debug)]
struct Convolution {
    convolution: Conv2d,
    norm: BatchNorm,
}

impl TwoStream {
    /// `sound_width` is the width of the frozen backbone's embedding, unused by other streams.
    pub fn new(
        config: &TwoStreamConfig,
        stream: Stream,
        sound_width: usize,
        bins: &[Bin],
        genre_terms: usize,
        device: &Device,
    ) -> Self {
        let streams = if stream == Stream::None { 1 } else { 2 };
        Self {
            cnn: (stream == Stream::Spectrogram).then(|| Cnn::new(config, device)),
            embedding: (stream == Stream::FrozenBackbone)
                .then(|| LinearConfig::new(sound_width, config.width).init(device)),
            scales: Scales::new(Column::COUNT, bins, device),
            genre: LinearConfig::new(genre_terms, config.genre_width)
                .with_bias(false)
                .init(device),
            statistics: LinearConfig::new(bins.len() + config.genre_width, config.width)
                .init(device),
            joined: LinearConfig::new(streams * config.width, config.hidden).init(device),
            output: LinearConfig::new(config.hidden, OUTPUTS).init(device),
            dropout: DropoutConfig::new(config.dropout).init(),
            ladder: Ladder::new(device),
        }
    }

    /// Mean and quantiles on the inner scale of 0..1, `[batch, OUTPUTS]`.
    ///
    /// `sound` is `[batch, 1, frames, bands]`, or `[batch, 1, 1, width]` of an embedding; `song`
    /// and `genre` are as the popularity model reads them.
    pub fn answer(&self, sound: Tensor<4>, song: Tensor<2>, genre: Tensor<2>) -> Tensor<2> {
        let statistics = Tensor::cat(
            vec![self.scales.forward(song), self.genre.forward(genre)],
            1,
        );
        let statistics = relu(self.statistics.forward(statistics));
        let heard = match (&self.cnn, &self.embedding) {
            (Some(cnn), _) => Some(cnn.forward(sound)),
            (None, Some(embedding)) => Some(relu(embedding.forward(sound.flatten(1, 3)))),
            (None, None) => None,
        };
        let joined = match heard {
            Some(heard) => Tensor::cat(vec![heard, statistics], 1),
            None => statistics,
        };
        let hidden = relu(self.joined.forward(self.dropout.forward(joined)));
        let raw = self.output.forward(self.dropout.forward(hidden));
        self.ladder.forward(raw)
    }

    /// [`Self::answer`] in points of popularity: what the exported graph answers.
    pub fn forward(&self, sound: Tensor<4>, song: Tensor<2>, genre: Tensor<2>) -> Tensor<2> {
        self.answer(sound, song, genre) * POINTS
    }
}

impl Cnn {
    fn new(config: &TwoStreamConfig, device: &Device) -> Self {
        let mut channels = config.stem;
        let blocks = config
            .blocks
            .iter()
            .map(|block| {
                let unit = InvertedResidual::new(channels, *block, device);
                channels = block.channels;
                unit
            })
            .collect();
        Self {
            stem: Convolution::new([1, config.stem], 3, 2, 1, device),
            blocks,
            pool: AdaptiveAvgPool2dConfig::new([1, 1]).init(),
            output: LinearConfig::new(channels, config.width).init(device),
        }
    }

    fn forward(&self, sound: Tensor<4>) -> Tensor<2> {
        let stem = relu(self.stem.forward(sound));
        let features = self
            .blocks
            .iter()
            .fold(stem, |input, block| block.forward(input));
        let pooled: Tensor<2> = self.pool.forward(features).flatten(1, 3);
        relu(self.output.forward(pooled))
    }
}

impl InvertedResidual {
    fn new(input: usize, config: BlockConfig, device: &Device) -> Self {
        let inner = input * config.expansion;
        Self {
            expand: Convolution::new([input, inner], 1, 1, 1, device),
            depthwise: Convolution::new([inner, inner], 3, config.stride, inner, device),
            project: Convolution::new([inner, config.channels], 1, 1, 1, device),
            residual: config.stride == 1 && input == config.channels,
        }
    }

    fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let inner = relu(self.expand.forward(input.clone()));
        let inner = relu(self.depthwise.forward(inner));
        // The projection stays linear: a ReLU on so few channels loses what they carry.
        let output = self.project.forward(inner);
        if self.residual {
            output + input
        } else {
            output
        }
    }
}

impl Convolution {
    fn new(
        channels: [usize; 2],
        kernel: usize,
        stride: usize,
        groups: usize,
        device: &Device,
    ) -> Self {
        let edge = kernel / 2;
        Self {
            convolution: Conv2dConfig::new(channels, [kernel, kernel])
                .with_stride([stride, stride])
                .with_padding(PaddingConfig2d::Explicit(edge, edge, edge, edge))
                .with_groups(groups)
                .with_bias(false)
                .init(device),
            norm: BatchNormConfig::new(channels[1]).init(device),
        }
    }

    fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        self.norm.forward(self.convolution.forward(input))
    }
}
