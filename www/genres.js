/**
 * Genres that the popularity model of the manifest `description` has met, most frequent first.
 * @returns {string[]}
 */
export function genresOf(description) {
  // The vocabulary marks whole names by "=", see src/popularity/columns.rs.
  return description.popularity.genre_terms.filter((term) => term.startsWith("=")).map((term) => term.slice(1));
}
