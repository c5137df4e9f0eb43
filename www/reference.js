// What a number means among the songs the model learned from: aggregates, which come with the model.

// At which percentiles the values of features are listed, see src/reference.rs.
const LISTED = [0.5, ...Array.from({ length: 19 }, (_, index) => 5 * (index + 1)), 99.5];

/**
 * The songs that one is compared with.
 * @typedef {object} Population
 * @property {string | null} genreGroup of all its songs
 * @property {string | null} era of all its songs
 * @property {number[]} popularityCounts of songs by whole points of popularity, 0 to 100
 * @property {Record<string, number[]>} featurePercentiles values ascending, by the name of the feature
 */
export class Reference {
  #tables;
  #core;

  /** @param {object} tables of models/reference.json; @param core knows which group a genre is of */
  constructor(tables, core) {
    this.#tables = tables;
    this.#core = core;
  }

  /**
   * Songs of the same genre where that is known, else of the same era, else all.
   * @param {import("./foretune.js").Context} context
   * @returns {Population}
   */
  population({ genre, year }) {
    const { popularity, popularity_by_genre, popularity_by_era, features, features_by_genre } = this.#tables;
    const genreGroup = genre === undefined ? undefined : this.#core.genre_group(genre);
    if (genreGroup in popularity_by_genre) {
      return {
        genreGroup,
        era: null,
        popularityCounts: popularity_by_genre[genreGroup].counts,
        featurePercentiles: features_by_genre[genreGroup],
      };
    }
    const era = year === undefined ? undefined : this.#core.era(year);
    const known = era in popularity_by_era;
    return {
      genreGroup: null,
      era: known ? era : null,
      popularityCounts: (known ? popularity_by_era[era] : popularity).counts,
      featurePercentiles: features,
    };
  }
}

/** Share of songs below `popularity`: those of one whole point count as spread evenly around it. */
export function shareOfSongsBelow(popularityCounts, popularity) {
  let [below, all] = [0, 0];
  popularityCounts.forEach((count, point) => {
    below += count * Math.min(1, Math.max(0, popularity - point + 0.5));
    all += count;
  });
  return below / all;
}

/** Share of songs whose feature is below `value`, between the listed percentiles by straight lines. */
export function shareBelow(percentiles, value) {
  const above = percentiles.findIndex((listed) => listed > value);
  if (above === 0) return 0;
  if (above < 0) return 1;
  const [from, to] = [percentiles[above - 1], percentiles[above]];
  const within = (value - from) / (to - from);
  return (LISTED[above - 1] + (LISTED[above] - LISTED[above - 1]) * within) / 100;
}
