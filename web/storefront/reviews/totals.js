// What a meta document says.

export const CHARACTERISTICS = ["Fit", "Length", "Comfort", "Quality", "Width", "Size"];

// How many reviews, and their mean.
export function totalsOf(meta) {
  const ratings = Object.entries(meta.ratings);
  const count = ratings.reduce((sum, [, n]) => sum + n, 0);
  const points = ratings.reduce((sum, [rating, n]) => sum + rating * n, 0);
  return { count, mean: count > 0 ? points / count : 0, recommended: count > 0 ? meta.recommended[1] / count : 0 };
}
