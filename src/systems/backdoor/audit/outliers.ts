/**
 * The outlier test of Neural Cleanse (Wang et al. 2019, mad_outlier_detection.py): is one label's trigger far smaller than
 * the others'?
 *
 * Distances from the median are counted in units of 1.4826 times the median absolute deviation, which is a standard
 * deviation where values are normal. A label is flagged below the median, more than two units away.
 */
import { median } from '../../../report/index.ts';

/** For normal values the median absolute deviation is σ/1.4826. */
const consistency = 1.4826;
/** Units beyond which a label is flagged. */
const flaggedAbove = 2;

export interface Outliers {
  readonly median: number;
  /** Times 1.4826, as the authors print it. */
  readonly mad: number;
  /** How far the smallest norm lies from the median, in units of `mad`. */
  readonly index: number;
  /** Labels flagged, the smallest norm first. */
  readonly flagged: readonly number[];
}

/**
 * @param norms the L1 norm of each label's smallest mask
 * @throws RangeError for fewer than three labels (with two, both are equally far from their median), or norms that are not finite
 */
export function maskOutliers(norms: readonly number[]): Outliers {
  if (norms.length < 3) throw new RangeError(`maskOutliers: expected three labels or more, got ${norms.length}`);
  const odd = norms.findIndex((norm) => !Number.isFinite(norm));
  if (odd >= 0) throw new RangeError(`maskOutliers: expected finite norms, got ${norms[odd]} for label ${odd}`);
  const centre = median(norms);
  const mad = consistency * median(norms.map((norm) => Math.abs(norm - centre)));
  const away = (norm: number) => anomalyIndex(norm, centre, mad);
  const flagged = norms
    .map((norm, label) => ({ norm, label }))
    .filter(({ norm }) => norm < centre && away(norm) > flaggedAbove)
    .sort((a, b) => a.norm - b.norm)
    .map(({ label }) => label);
  return { median: centre, mad, index: away(Math.min(...norms)), flagged };
}

/** |norm − median|/MAD; 0 for a norm at the median, where more than half of all norms are equal and MAD is 0. */
export function anomalyIndex(norm: number, centre: number, mad: number): number {
  const distance = Math.abs(norm - centre);
  return distance === 0 ? 0 : distance / mad;
}
