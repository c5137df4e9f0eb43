//! Native decoding of audio files, through Symphonia.
