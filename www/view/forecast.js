// What can be asked of one song's forecast once the song has been heard.

// Fields of the context that only make sense together.
const GROUPS = [["year"], ["genre"], ["explicit"], ["artist_usual_popularity", "artist_other_songs"]];

export class Forecast {
  #foretune;
  #result;

  /**
   * @param {import("../foretune.js").Foretune} foretune
   * @param {import("../foretune.js").Result} result
   */
  constructor(foretune, result) {
    this.#foretune = foretune;
    this.#result = result;
  }

  /** Popularity with `context`, of the song or of one with other `features`. */
  popularity(context, features = this.#result.features) {
    return this.#foretune.predictFeatures(features, context, this.#sound);
  }

  explanation(context) {
    return this.#foretune.explain(this.#result.features, context, this.#sound);
  }

  /** How many points the forecast would differ without each thing that is known, by its first field. */
  async effects(context, { p50 }) {
    const effects = {};
    for (const fields of GROUPS) {
      if (!(fields[0] in context)) continue;
      const others = Object.fromEntries(Object.entries(context).filter(([name]) => !fields.includes(name)));
      effects[fields[0]] = p50 - (await this.popularity(others)).p50;
    }
    return effects;
  }

  get #sound() {
    return { durationSeconds: this.#result.duration_seconds, heard: this.#result.heard };
  }
}
