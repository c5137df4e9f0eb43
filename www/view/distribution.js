// The shape of a forecast, and of how songs that exist did, on the scale from 0 to 100.

// Standard deviation by which shapes are smoothed, in points of popularity: the quantiles are some
// ten or twenty, and the steps between them say nothing.
const SMOOTHING = 3.5;

/**
 * Both as heights at every half point from 0 to 100, of which the highest is 1.
 * @param {import("../foretune.js").Popularity} popularity
 * @param {import("../reference.js").Population} population
 * @returns {{predicted: number[], among: number[]}}
 */
export function shapesOf(popularity, population) {
  const predicted = densityOfForecast(popularity);
  const among = densityOf(cumulativeOfCounts(population.popularityCounts));
  const top = Math.max(...predicted, ...among);
  const scaled = (density) => density.map((height) => height / top);
  return { predicted: scaled(predicted), among: scaled(among) };
}

/** A forecast's density at every half point from 0 to 100; the same area under each. */
export function densityOfForecast({ quantiles }) {
  return densityOf(cumulativeOf(quantiles));
}

/** The points of a shape from one popularity to another, as [popularity, height]. */
export function pointsOf(heights, from, to) {
  const points = [from];
  for (let index = Math.ceil(from * 2 + 1e-9); index < to * 2; index++) points.push(index / 2);
  points.push(to);
  return points.map((at) => {
    const below = Math.min(199, Math.floor(at * 2));
    return [at, heights[below] + (heights[below + 1] - heights[below]) * (at * 2 - below)];
  });
}

/** The predicted share of songs below a popularity. */
function cumulativeOf(quantiles) {
  const known = quantiles.filter(({ level }) => level > 0 && level < 1);
  const [lowest, highest] = [known[0], known.at(-1)];
  return (value) => {
    // Beyond the outermost quantiles only the ends of the scale are known: the density is taken
    // to fall evenly to nothing there.
    if (value < lowest.value) return lowest.level * (value / lowest.value) ** 2;
    if (value >= highest.value) {
      const left = 100 - highest.value;
      return left > 0 ? 1 - (1 - highest.level) * ((100 - value) / left) ** 2 : 1;
    }
    const above = known.findIndex((quantile) => quantile.value > value);
    const [a, b] = [known[above - 1], known[above]];
    return a.level + ((b.level - a.level) * (value - a.value)) / (b.value - a.value);
  };
}

/** The same of songs counted by whole points, each spread over the point that begins with it. */
function cumulativeOfCounts(counts) {
  const sums = [0];
  for (const count of counts) sums.push(sums.at(-1) + count);
  const total = sums.at(-1);
  // 101 points on a scale that is 100 long.
  return (value) => {
    const at = (value / 100) * counts.length;
    const below = Math.min(counts.length - 1, Math.floor(at));
    return (sums[below] + (sums[below + 1] - sums[below]) * (at - below)) / total;
  };
}

/** Smoothed density at every half point from 0 to 100. */
function densityOf(cumulative) {
  // The first bin takes what lies at 0 itself, where many songs do.
  const masses = Array.from({ length: 200 }, (_, bin) =>
    cumulative((bin + 1) / 2) - (bin === 0 ? 0 : cumulative(bin / 2)),
  );
  const reach = Math.ceil(3 * 2 * SMOOTHING);
  const weights = Array.from({ length: reach }, (_, bin) =>
    Math.exp(-0.5 * ((bin + 0.5) / (2 * SMOOTHING)) ** 2),
  );
  // Mirrored at both ends, so that nothing is smoothed off the scale.
  const mirrored = (bin) => (bin < 0 ? -1 - bin : bin > 199 ? 399 - bin : bin);
  return Array.from({ length: 201 }, (_, edge) =>
    weights.reduce(
      (sum, weight, away) => sum + weight * (masses[mirrored(edge + away)] + masses[mirrored(edge - 1 - away)]),
      0,
    ),
  );
}
