// Written by src/typescript.rs from the Rust types: FORETUNE_WRITE_TYPES=1 cargo test --workspace --lib typescript

/**
 * Everything Foretune says of one song.
 */
export type Prediction = { duration_seconds: number, popularity: Popularity, features: Features,
/**
 * Tempo, key and loudness in full, of which `features` repeats Spotify's part.
 */
signal: SignalFeatures,
/**
 * What each passage alone would be given, in the order of time.
 */
windows: Array<WindowEstimate>,
/**
 * The sound over time, one value a second.
 */
curves: Curves,
/**
 * Where to listen first.
 */
structure: Structure,
/**
 * What the backbone hears, strongest first; scores are probabilities, 0 to 1.
 */
tags: Array<[string, number]>,
/**
 * What goes back into further predictions of this song beside its features; opaque.
 */
heard: Heard | null, warnings: Array<Warning>,
/**
 * Version of the models that answered.
 */
model: string, };

/**
 * Predicted popularity, 0 to 100.
 */
export type Popularity = { mean: number, p10: number, p50: number, p90: number,
/**
 * Share of the reference population below `p50`, 0 to 100.
 */
percentile: number,
/**
 * The whole predicted distribution, ascending in both fields.
 */
quantiles: Array<Quantile>, };

export type Quantile = {
/**
 * 0 to 1.
 */
level: number,
/**
 * 0 to 100.
 */
value: number, };

/**
 * A slot of a feature vector. The order is that of [`Features`] and of every model's input.
 */
export type Feature = "danceability" | "energy" | "key" | "loudness" | "mode" | "speechiness" | "acousticness" | "instrumentalness" | "liveness" | "valence" | "tempo";

/**
 * One song's eleven features in Spotify's units.
 */
export type Features = { danceability: number, energy: number, key: number, loudness: number, mode: number, speechiness: number, acousticness: number, instrumentalness: number, liveness: number, valence: number, tempo: number, };

/**
 * What is computed from the signal rather than estimated by a model.
 */
export type SignalFeatures = { tempo: Tempo, key: Key, loudness: Loudness, };

export type Tempo = {
/**
 * Beats per minute, 40 to 220.
 */
bpm: number,
/**
 * 0 (no pulse) to 1 (unmistakable).
 */
confidence: number,
/**
 * Other readings a listener might tap, half or double among them, best first.
 */
alternates_bpm: Array<number>, };

export type Key = {
/**
 * 0 = C … 11 = B.
 */
pitch_class: number,
/**
 * 1 major, 0 minor.
 */
mode: number,
/**
 * "F# minor".
 */
name: string,
/**
 * "11A".
 */
camelot: string,
/**
 * 0 to 1.
 */
confidence: number,
/**
 * Deviation of the tuning from A4 = 440 Hz.
 */
tuning_cents: number, };

/**
 * A mono clip counts as one loudspeaker, as BS.1770 has it and `ffmpeg -af ebur128` does by
 * default; with 6 channels and more the fourth is the LFE, which does not count.
 */
export type Loudness = {
/**
 * Of the whole clip, gated; at least [`QUIETEST_LUFS`].
 */
integrated_lufs: number,
/**
 * The loudest 3 s; at least [`QUIETEST_LUFS`].
 */
short_term_max_lufs: number,
/**
 * Between the quiet and the loud passages (EBU Tech 3342).
 */
range_lu: number,
/**
 * Highest peak between the samples, of any channel.
 */
true_peak_dbtp: number,
/**
 * On the scale of Spotify's `loudness` feature, -60 to 5; approximate. The same for a mono file
 * and its two-channel copy, since Spotify measures what is played.
 */
spotify_db: number, };

/**
 * The popularity that one passage's sound would be given.
 */
export type WindowEstimate = { start_seconds: number, end_seconds: number,
/**
 * 0 to 100.
 */
p50: number, };

/**
 * Every curve has the same length: the song's seconds, rounded, the last one holding what remains.
 */
export type Curves = {
/**
 * Time from one value to the next; value `i` is of what sounds from `i` steps on.
 */
step_seconds: number,
/**
 * Short-term loudness: of the three seconds around; at least -70.
 */
loudness_lufs: Array<number>,
/**
 * Onsets a second, over the three seconds around.
 */
onset_density_hz: Array<number>,
/**
 * Brightness: the mean frequency of the amplitude spectrum; 0 in silence.
 */
spectral_centroid_hz: Array<number>,
/**
 * 0 for tones (and silence) to 1 for white noise.
 */
spectral_flatness: Array<number>,
/**
 * Mean square of the mean channel, 0 for a square wave at full scale; at least -100.
 */
energy_db: Array<number>, };

/**
 * Passages of a song as long as their names say, in seconds; the whole song where it is shorter.
 */
export type Structure = { representative_15: Passage, representative_30: Passage, energetic_15: Passage, energetic_30: Passage, };

export type Passage = { start_seconds: number, end_seconds: number, };

/**
 * What is heard in a song. Opaque to callers: it comes out of an analysis and goes back into
 * further predictions of the same song.
 */
export type Heard = {
/**
 * One a tag of [`HEARD_TAGS`]: deviations above what songs without the tag score.
 */
scores: Array<number>, };

/**
 * Something the reader of a result should know, though the song was answered.
 */
export type Warning = { code: string,
/**
 * One English sentence.
 */
message: string,
/**
 * The values that the sentence names, for those who say it in another language.
 */
details: { [key in string]: number }, };

/**
 * A mel spectrogram reduced to what a screen can show.
 */
export type SpectrogramImage = {
/**
 * Rows, lowest band first.
 */
bands: number,
/**
 * Columns.
 */
frames: number,
/**
 * Time from one column to the next.
 */
frame_seconds: number,
/**
 * `[frames, bands]`, row-major; 0 is silence, 255 the loudest of the song.
 */
data: Uint8Array, };

/**
 * A song's outline, reduced to what a screen can show.
 */
export type Waveform = {
/**
 * Time from one column to the next.
 */
column_seconds: number,
/**
 * Lowest sample of each column, over all channels; -127 is full scale.
 */
minimum: Int8Array,
/**
 * Highest sample of each column, over all channels; 127 is full scale.
 */
maximum: Int8Array, };

/**
 * What may be known of a song beside its sound. Everything is optional.
 */
export type Context = {
/**
 * Release year, 1900 to 2100.
 */
year?: number, explicit?: boolean,
/**
 * Any of the usual genre names, in 1,000 characters at most; an unknown one is answered as if it
 * were left out.
 */
genre?: string,
/**
 * Mean popularity of the artist's other songs, 0 to 100, this song not included.
 */
artist_usual_popularity?: number,
/**
 * How many other songs that mean is over. Without the mean it says nothing; without it the
 * mean is taken as one over [`UNCOUNTED_SONGS`] songs; 0 means that there is no mean.
 */
artist_other_songs?: number, };

/**
 * How p50 comes about, in points of popularity: `average + context + Σ points = p50`.
 */
export type Explanation = {
/**
 * p50 of a song of which nothing is known.
 */
average: number,
/**
 * What all that is known beside the features adds to it: year, genre, explicit, duration, the
 * artist's other songs, and what is heard.
 */
context: number,
/**
 * One a feature, in the order of [`Feature::ALL`].
 */
contributions: Array<Contribution>,
/**
 * As predicted with everything known.
 */
p50: number, };

export type Contribution = { input: Feature,
/**
 * Its Shapley value; negative where the feature lowers the prediction.
 */
points: number, };

/** What the core can refuse a song or a model for. */
export type CoreErrorCode = "empty_file" | "not_audio" | "no_audio_track" | "undecodable" | "file_too_large" | "too_long" | "too_short" | "silent" | "above_full_scale" | "non_finite_sample" | "too_many_samples" | "channel_count" | "channel_lengths" | "sample_rate" | "invalid_input" | "model_missing" | "model_integrity" | "model_incompatible" | "model_failed" | "out_of_memory" | "cancelled";
