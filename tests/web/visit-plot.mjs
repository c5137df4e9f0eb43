// Draws what a long visit held, song by song.

const [WIDTH, PANEL, LEFT, TOP] = [640, 110, 64, 40];
const PANELS = [
  ["heap", "JavaScript heap, MB", 1e6],
  ["wasm", "memory of all cores, MB", 1e6],
  ["workers", "workers", 1],
  ["nodes", "nodes of the page", 1],
];

/**
 * @param {{song: number, heap: number, wasm: number, workers: number, nodes: number}[]} samples
 * @returns {string} an SVG
 */
export function plot(samples, { answered, refused, stopped }) {
  const last = samples.at(-1).song;
  const height = TOP + PANELS.length * PANEL + 24;
  const x = (song) => LEFT + ((WIDTH - LEFT - 16) * song) / last;
  const panels = PANELS.map(([key, name, unit], index) => {
    const values = samples.map((sample) => sample[key] / unit);
    const most = Math.max(...values) * 1.2;
    const bottom = TOP + index * PANEL + PANEL - 24;
    const y = (value) => bottom - ((PANEL - 44) * value) / most;
    const points = samples.map(({ song }, at) => `${x(song).toFixed(1)},${y(values[at]).toFixed(1)}`).join(" ");
    const label = (value) => `<text x="${LEFT - 8}" y="${(y(value) + 4).toFixed(1)}" text-anchor="end">${Number(value.toPrecision(3))}</text>`;
    return `<text x="${LEFT}" y="${bottom - PANEL + 40}">${name}</text>
<path d="M${LEFT} ${bottom}H${WIDTH - 16}" stroke="#999"/>${label(0)}${label(values.at(-1))}
<polyline points="${points}" fill="none" stroke="#0072b2" stroke-width="2"/>`;
  });
  const title = `${last} songs in one visit: ${answered} answered, ${refused} refused, ${stopped} stopped`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12">
<title>${title}</title>
<rect width="${WIDTH}" height="${height}" fill="#fff"/>
<text x="${LEFT}" y="22" font-size="15">${title}</text>
${panels.join("\n")}
<text x="${LEFT}" y="${height - 8}">0</text><text x="${WIDTH - 16}" y="${height - 8}" text-anchor="end">${last} songs</text>
</svg>
`;
}
