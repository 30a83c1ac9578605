/**
 * Normalisation over the last axis, as one op, because the runtime has one and the gradient reuses its statistics.
 */
import { applyAll, formatType, type Op, requireFloat, requireSameDType, type Tensor } from '../program.ts';
import { sameShape } from '../shape.ts';
import { add, mul, neg, sub } from './arithmetic.ts';
import { sum } from './broadcast.ts';
import { forEachLine, mean } from './reduce.ts';

const layerNormOp: Op<{ epsilon: number }> = {
  name: 'layerNorm',
  infer: ([x, weight, bias]) => {
    requireFloat('layerNorm', x!);
    requireSameDType('layerNorm', [x!, weight!, bias!]);
    const last = x!.shape.slice(-1);
    if (x!.rank < 1 || !sameShape(weight!.shape, last) || !sameShape(bias!.shape, last)) {
      throw new RangeError(
        `layerNorm: expected weight and bias of the last axis of ${formatType(x!)}, got ${formatType(weight!)} and ${formatType(bias!)}`,
      );
    }
    const statistics = { dtype: x!.dtype, shape: [...x!.shape.slice(0, -1), 1] };
    return [x!, statistics, statistics];
  },
  vjp: ({ inputs: [x, weight], outputs: [, centre, scale] }, [g, gCentre, gScale]) => {
    const centred = sub(x!, centre!);
    const normal = mul(centred, scale!);
    const rest = x!.shape.slice(0, -1).map((_, i) => i);
    let dx: Tensor | undefined;
    const into = (d: Tensor) => {
      dx = dx ? add(dx, d) : d;
    };
    if (g) {
      const dn = mul(g, weight!);
      const along = (t: Tensor) => mean(t, -1, { keepDims: true });
      into(mul(scale!, sub(sub(dn, along(dn)), mul(normal, along(mul(dn, normal))))));
    }
    const n = x!.shape.at(-1)!;
    if (gCentre) into(mul(add(mul(centred, 0), gCentre), 1 / n));
    if (gScale) into(mul(neg(mul(mul(normal, gScale), mul(scale!, scale!))), 1 / n));
    return [dx, g && sum(mul(g, normal), rest), g && sum(g, rest)];
  },
  lower: (emit, inputs, { outputs, attrs: { epsilon } }) => {
    const count = emit.isUsed(outputs[1]!) || emit.isUsed(outputs[2]!) ? 3 : 1;
    const made = emit.ops('LayerNormalization', inputs, count, { axis: -1, epsilon: { float: epsilon } });
    // the statistics come in float32, whatever x is
    const [centre, scale] = made.slice(1).map((s) => (outputs[1]!.dtype === 'float16' ? emit.cast(s, 'float16') : s));
    return [made[0]!, centre ?? '', scale ?? ''];
  },
  meaning: ([x, weight, bias], { epsilon }, [type, statistics]) => {
    const y = new Float64Array(x!.data.length);
    const size = statistics!.shape.reduce((a, b) => a * b, 1);
    const [centres, scales] = [new Float64Array(size), new Float64Array(size)];
    forEachLine(x!, type!.shape.length - 1, (line, i, offset) => {
      const centre = line.reduce((a, b) => a + b, 0) / line.length;
      const scale = 1 / Math.sqrt(line.reduce((a, v) => a + (v - centre) ** 2, 0) / line.length + epsilon);
      for (const [k, v] of line.entries()) y[offset(k)] = (v - centre) * scale * weight!.data[k]! + bias!.data[k]!;
      [centres[i], scales[i]] = [centre, scale];
    });
    return [y, centres, scales];
  },
};

/**
 * Layer normalisation over the last axis: (x − mean) / √(variance + ε) · weight + bias (Ba et al., 2016, 1607.06450).
 * @param weight the last axis
 * @param bias the last axis
 */
export function layerNorm(x: Tensor, weight: Tensor, bias: Tensor, epsilon = 1e-5): Tensor {
  return applyAll(layerNormOp, [x, weight, bias], { epsilon })[0]!;
}
