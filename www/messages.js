// Every word the element shows, by language. Numbers and times are formatted for the reader's locale.

const ENGLISH = {
  dropTitle: "Drop a song here",
  touchTitle: "Pick a song",
  dropHint: "MP3, M4A, FLAC, Ogg or WAV, up to 30 minutes",
  chooseFile: "Choose a song",
  analyseGiven: ({ name }) => `Analyse ${name}`,
  tryDemo: "Try the demo song",
  demoName: "Demo song",
  tryAgain: "Try again",
  chooseAnother: "Analyse another song",
  cancel: "Cancel",

  preparing: ({ megabytes }) => `Loading the model: ${megabytes} MB so far. You can choose a song already.`,
  preparingModel: "Getting the model ready. You can choose a song already.",
  prepared: ({ megabytes }) =>
    `Ready, with ${megabytes} MB loaded. Your song stays in this tab: nothing is sent from here on.`,

  phases: {
    loading: "Loading the model",
    decoding: "Decoding the file",
    spectrogram: "Drawing the spectrogram",
    signal: "Measuring tempo, key and loudness",
    listening: "Listening, window by window",
    predicting: "Working out the forecast",
  },
  announceReady: ({ name, estimate, low, high }) =>
    `Forecast for ${name}: ${estimate} of 100, most likely between ${low} and ${high}.`,
  announceError: ({ title }) => `No forecast: ${title}`,

  estimateTitle: "Forecast popularity",
  outOfHundred: "of 100",
  intervalLabel: "8 in 10 songs like it",
  interval: ({ low, high }) => `${low} to ${high}`,
  percentile: ({ percent, population }) => `The middle of the forecast is higher than ${percent} of ${population}.`,
  everySong: "all songs it learned from",
  songsOfGenre: ({ genre }) => `${genre} songs it learned from`,
  songsOfEra: ({ era }) => `songs from ${era} it learned from`,
  genreGroups: {
    pop: "pop",
    rock: "rock",
    metal: "metal",
    punk: "punk",
    hip_hop: "hip-hop",
    rnb_soul: "R&B and soul",
    electronic: "electronic",
    latin: "Latin",
    country: "country",
    folk: "folk",
    jazz_blues: "jazz and blues",
    classical: "classical",
    reggae: "reggae",
    east_asia: "East Asian",
    south_asia: "South Asian",
    world: "world music",
    mood: "mood and ambient",
    spoken: "spoken",
  },
  eras: {
    before_1980: "before 1980",
    "1980_1999": "1980 to 1999",
    "2000_2014": "2000 to 2014",
    "2015_on": "2015 on",
  },
  standing: ({ percent, population }) => `Higher than in ${percent} of ${population}.`,
  trust: ({ low, high }) =>
    `Out of ten songs that sound like this one, about eight land between ${low} and ${high} on Spotify’s scale. Sound explains only a small part of that; who you are and how you release it matters more.`,
  trustKnown: ({ low, high }) =>
    `Given what you told it, about eight of ten such songs land between ${low} and ${high} on Spotify’s scale. It still knows nothing of the release, the playlists and luck.`,
  withoutContext: ({ estimate, low, high }) =>
    `From the sound alone: ${estimate}, between ${low} and ${high}.`,
  scaleAlternative: ({ low, estimate, high }) =>
    `Scale from 0 to 100. The forecast’s middle is ${estimate}; 80 % of it lies between ${low} and ${high}.`,
  scaleThis: "this song",
  scaleLow: "unheard",
  scaleHigh: "everywhere",

  compareTitle: "Your songs beside each other",
  compareHint: "Choose a song to open it. What you told Foretune counts for all of them.",
  compareTable: "Table of the songs",
  compareSong: "Song",
  compareWaiting: "Waiting",
  compareBusy: "Listening",
  songOfMany: ({ at, of }) => `Song ${at} of ${of}`,
  onlyFirst: ({ most }) => `Only the first ${most} songs are analysed at once.`,
  allAnswered: ({ answered, of }) => `${answered} of ${of} songs answered.`,
  verdictTold: ({ first, second, cases }) =>
    `${first} is likely to do better than the next, ${second}: the model would put it ahead in ${cases} of cases.`,
  verdictUntold: ({ first, second, cases }) =>
    `${first} and ${second} cannot be told apart: the model would put the first ahead in ${cases} of cases, and a coin in half of them.`,
  exportAs: ({ kind }) => `Save as ${kind}`,

  contextTitle: "What the sound cannot say",
  contextHint:
    "Optional. What you know can narrow the forecast, and it stays on this device like everything else.",
  contextYear: "Release year",
  contextGenre: "Genre",
  contextGenreUnknown: "Not given",
  contextExplicit: "Explicit lyrics",
  contextExplicitChoices: { "": "Not given", false: "No", true: "Yes" },
  contextUsual: "Your songs usually score",
  contextOthers: "Over how many songs",
  contextClear: "Clear",
  effect: ({ points }) => `${points} points`,

  firstEstimate: ({ estimate }) => `First impression: about ${estimate}`,

  timelineTitle: "Over time",
  timelineHint: "What each passage alone would be given, what the network saw, and the sound itself.",
  play: "Play",
  pause: "Pause",
  clock: ({ at, of }) => `${at} / ${of}`,
  seek: "Position in the song",
  playClip: ({ seconds }) => `Play the strongest ${seconds} s`,
  clip: ({ from, to, seconds }) =>
    `The model rates ${from} to ${to} highest of any ${seconds} seconds: your clip for a teaser.`,
  curveAlternative: ({ lowest, lowestAt, highest, highestAt }) =>
    `Passages are given from ${lowest} (around ${lowestAt}) to ${highest} (around ${highestAt}).`,
  waveform: "Waveform",
  spectrogramAlternative: ({ duration, loudest, balance }) =>
    `Mel spectrogram of ${duration}: fullest around ${loudest}, with most of the energy in the ${balance}.`,
  spectrogramBands: ["low end", "mid range", "high end"],
  spectrogramQuiet: "quiet",
  spectrogramLoud: "loud",
  spectrogramPitch: "low to high, bottom to top",

  contributionsTitle: "What moves the forecast",
  contributionsHint:
    "Shapley values: how many points each feature adds on average, over every order in which the model could learn of it. They describe the model, not causes.",
  contributionsStart: ({ average }) => `A song of which nothing is known: ${average}.`,
  contributionsContext: "Genre and era it hears, length, and what you told it",
  contributionsSum: ({ estimate }) => `Together: ${estimate}.`,

  whatIfTitle: "What if",
  whatIfHint:
    "Move a slider and the forecast follows. These are associations among songs that exist, not advice: changing a song does not make it one of those.",
  whatIfReset: "Back to the song",
  whatIfYear: "Release year",
  whatIfGenre: "Genre",
  whatIfGenreKept: "As above",
  whatIfUnknown: "not given",
  whatIfSame: "as the song is",
  whatIfChange: ({ change }) => `${change} points against the song as it is`,

  measuresTitle: "Measured from the signal",
  tempoTitle: "Tempo",
  tempoUnit: "BPM",
  tempoDefinition: "Beats in a minute, as a listener would tap them.",
  tempoAlternates: ({ list }) => `Could also be felt as ${list} BPM.`,
  keyTitle: "Key and mode",
  keyName: ({ note, mode }) => `${note} ${mode}`,
  keyDefinition: "The home note, and whether the scale around it is major or minor.",
  camelot: ({ code }) => `Camelot ${code}.`,
  tuning: ({ cents, sharp }) => `Tuned ${cents} cents ${sharp ? "above" : "below"} A = 440 Hz.`,
  notes: ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"],
  modes: ["minor", "major"],
  confidence: { high: "clear", middle: "likely", low: "unsure" },
  loudnessTitle: "Loudness",
  loudnessUnit: "LUFS",
  loudnessDefinition: "Average level over the whole song, by EBU R 128.",
  loudnessNumbers: ({ range, peak }) =>
    `Range ${range} LU, true peak ${peak} dBTP. The mark is −14, where Spotify plays.`,
  loudnessDown: ({ change }) =>
    `Spotify will turn it down by ${change} dB. Nothing is lost by a quieter master with more dynamics.`,
  loudnessUp: ({ change }) =>
    `Spotify will turn it up by at most ${change} dB, as far as its peaks allow.`,
  loudnessFits: "Right where Spotify plays songs: it will hardly be turned up or down.",
  loudnessClips: ({ limit }) =>
    `Keep true peaks under ${limit} dBTP, or the encoded stream may clip.`,

  featuresTitle: "Estimated from the sound",
  featuresHint: ({ population }) => `The brackets hold the middle half of ${population}.`,
  features: {
    danceability: ["Danceability", "How steady and strong the beat is for dancing."],
    energy: ["Energy", "Intensity: fast, loud and dense music scores high."],
    valence: ["Valence", "Musical mood: low sounds sad or tense, high sounds happy."],
    acousticness: ["Acousticness", "How likely the sound is made by acoustic instruments."],
    instrumentalness: ["Instrumentalness", "How likely it is that nobody sings."],
    liveness: ["Liveness", "How likely an audience can be heard."],
    speechiness: ["Speechiness", "How much is spoken: rap in the middle, pure talk near the top."],
  },

  otherFeatures: { tempo: "Tempo", key: "Key", mode: "Mode", loudness: "Loudness" },

  tagsTitle: "Words the network would use",
  tagsHint: "How sure it is that listeners would tag the song so.",

  warningsTitle: "Worth knowing",
  modelVersion: ({ version }) => `Model ${version}`,
  spotifyNote: "Spotify’s scale is Spotify’s own; Foretune is not connected with Spotify.",

  errorTitles: {
    cancelled: "Stopped",
    channel_count: "Too many channels",
    channel_lengths: "The channels do not match",
    crashed: "The analysis stopped unexpectedly",
    disposed: "This player was closed",
    empty_file: "The file is empty",
    file_too_large: "The file is too large",
    invalid_input: "That does not fit",
    model_failed: "The model failed",
    model_incompatible: "The model does not fit this version",
    model_integrity: "The model did not arrive intact",
    model_missing: "A part of the model is missing",
    network: "Foretune could not be loaded",
    no_audio_track: "There is no sound in this file",
    non_finite_sample: "The audio is damaged",
    not_audio: "That is not a song",
    sample_rate: "Unusual sample rate",
    silent: "The song is silent",
    song_unavailable: "The song could not be fetched",
    too_long: "That is too long",
    too_short: "That is too short",
    undecodable: "The file could not be decoded",
    unexpected: "Something went wrong",
    unreadable_file: "The file could not be read",
    unresponsive: "The analysis got stuck",
    unsupported_browser: "This browser cannot run Foretune",
  },
};

const LANGUAGES = { en: ENGLISH };

/** The words of `language`, English where it is not spoken, with formatters for its numbers. */
export function messagesFor(language) {
  const base = language.split("-")[0];
  const known = base in LANGUAGES;
  const locale = known ? language : "en";
  const number = (digits, style = {}) =>
    new Intl.NumberFormat(locale, {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
      ...style,
    });
  const [whole, tenths, percent] = [number(0), number(1), number(0, { style: "percent" })];
  const signed = number(1, { signDisplay: "exceptZero" });
  const words = known ? LANGUAGES[base] : ENGLISH;
  // The typographic minus lines up with digits; screen readers say it.
  const minus = (text) => text.replace("-", "−");
  return {
    ...words,
    whole: (value) => minus(whole.format(value)),
    tenths: (value) => minus(tenths.format(value)),
    percent: (share) => percent.format(share),
    population: ({ genreGroup, era }) =>
      genreGroup
        ? words.songsOfGenre({ genre: words.genreGroups[genreGroup] })
        : era
          ? words.songsOfEra({ era: words.eras[era] })
          : words.everySong,
    /** A change, with its sign; nothing is neither up nor down. */
    signed: (change) => minus(signed.format(change)),
    featureName: (name) => words.features[name]?.[0] ?? words.otherFeatures[name],
    featureValue: (name, features) => {
      const value = features[name];
      if (name === "key") return words.notes[value];
      if (name === "mode") return words.modes[value];
      if (name === "loudness") return `${minus(tenths.format(value))}\u00a0dB`;
      if (name === "tempo") return `${whole.format(value)}\u00a0${words.tempoUnit}`;
      return percent.format(value);
    },
    list: (items) => new Intl.ListFormat(locale, { type: "disjunction" }).format(items),
    time: (seconds) => {
      const rounded = Math.round(seconds);
      return `${Math.floor(rounded / 60)}:${String(rounded % 60).padStart(2, "0")}`;
    },
  };
}
