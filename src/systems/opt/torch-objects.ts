/**
 * What the names in a torch checkpoint stand for: tensors, parameters, ordered dicts – and, in metaseq's, settings.
 *
 * The table is the whole of what is admitted. Settings (argparse.Namespace, omegaconf's nodes, numpy's scalars) are kept
 * as inert objects that remember their name and state, so that a number in them can be looked up; no class of that name
 * exists here.
 *
 * Source: torch/_utils.py (`_rebuild_tensor_v2`) and torch/_weights_only_unpickler.py of PyTorch 2, which admits the same
 * names; metaseq's checkpoint_utils.py for what lies beside the model.
 */
import type { DType } from '../../tensor/index.ts';
import { type Admitted, type Rules, type Stateful, Tuple, type Value } from './pickle.ts';

/** The elements that one or more tensors look at. */
export interface TorchStorage {
  /** Its name in the archive. */
  readonly key: string;
  readonly type: StorageType;
  readonly elements: number;
  /** Where it begins in the storage of that key, in elements: only old files have storages within storages. */
  readonly offset: number;
}

/** Elements of a storage, as torch counts them: strides and offset in elements. */
export class TorchTensor {
  readonly storage: TorchStorage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];

  constructor(storage: TorchStorage, offset: number, shape: readonly number[], strides: readonly number[]) {
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}

/** Rows [from, to) of a tensor, where they lie. */
export function rowsOf({ storage, offset, shape, strides }: TorchTensor, from: number, to: number): TorchTensor {
  return new TorchTensor(storage, offset + from * strides[0]!, [to - from, ...shape.slice(1)], strides);
}

/** An object of which only its name, arguments and state are kept. */
export class Opaque implements Stateful {
  readonly name: string;
  readonly args: readonly Value[];
  state: Value = null;

  constructor(name: string, args: readonly Value[]) {
    this.name = name;
    this.args = args;
  }

  setState(state: Value): void {
    this.state = state;
  }
}

/** Element types by the storage that holds them; without `dtype` the engine has none for it. */
export interface StorageType {
  readonly bytes: number;
  readonly dtype?: DType;
  /** bfloat16, which widens to float32. */
  readonly widens?: true;
}

const storages: Readonly<Record<string, StorageType>> = {
  FloatStorage: { bytes: 4, dtype: 'float32' },
  HalfStorage: { bytes: 2, dtype: 'float16' },
  BFloat16Storage: { bytes: 2, dtype: 'float32', widens: true },
  LongStorage: { bytes: 8, dtype: 'int64' },
  IntStorage: { bytes: 4, dtype: 'int32' },
  ByteStorage: { bytes: 1, dtype: 'uint8' },
  BoolStorage: { bytes: 1, dtype: 'bool' },
  DoubleStorage: { bytes: 8 },
  ShortStorage: { bytes: 2 },
  CharStorage: { bytes: 1 },
};

const dtypes = ['float16', 'float32', 'float64', 'bfloat16', 'int8', 'int16', 'int32', 'int64', 'uint8', 'bool'];

/** Settings and numbers beside the model, kept inert: whole names, and packages whose classes hold data only. */
const inert = new Set([
  'argparse.Namespace',
  'typing.Any',
  'collections.defaultdict',
  '_codecs.encode',
  'numpy.dtype',
  'numpy.core.multiarray.scalar',
  'numpy.core.multiarray._reconstruct',
  'numpy.ndarray',
  'torch.device',
  'pathlib.PosixPath',
  ...['dict', 'list', 'tuple', 'set', 'frozenset', 'str', 'int', 'float', 'bool', 'bytearray'].flatMap((name) => [
    `builtins.${name}`,
    `__builtin__.${name}`,
  ]),
]);
const inertPackages = /^(omegaconf\.(base|nodes|dictconfig|listconfig)|metaseq\.dataclass\.(configs|constants))\.\w+$/;

/** Axes that a tensor of a language model may have. */
const maxRank = 8;

/** What is admitted of pickles in `where`. */
export function torchRules(where: string): Rules {
  const fail = (what: string) => new RangeError(`torch: ${where}: ${what}`);
  const count = (value: Value | undefined, what: string): number => {
    if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
    throw fail(`expected ${what} to be a whole number, got ${typeof value}`);
  };
  const counts = (value: Value | undefined, what: string): number[] => {
    if (!(value instanceof Tuple)) throw fail(`expected ${what} to be a tuple`);
    if (value.items.length > maxRank)
      throw fail(`expected ${what} to have at most ${maxRank} axes, got ${value.items.length}`);
    return value.items.map((item) => count(item, what));
  };
  const rebuild = ([storage, offset, shape, strides]: readonly Value[]) => {
    if (!isStorage(storage)) throw fail('expected a tensor to have a storage');
    const sizes = counts(shape, "a tensor's shape");
    const steps = counts(strides, "a tensor's strides");
    if (sizes.length !== steps.length) {
      throw fail(`expected a stride for each axis of [${sizes}], got ${steps.length}`);
    }
    return new TorchTensor(storage, count(offset, "a tensor's offset"), sizes, steps);
  };
  const calls: Record<string, Admitted['call']> = {
    'torch._utils._rebuild_tensor': rebuild,
    'torch._utils._rebuild_tensor_v2': rebuild,
    'torch._utils._rebuild_parameter': ([data]) => data ?? null,
    'torch._utils._rebuild_parameter_with_state': ([data]) => data ?? null,
    'collections.OrderedDict': ([pairs]) => ordered(pairs, fail),
    'torch.Size': ([sizes]) => (sizes instanceof Tuple ? sizes : new Tuple(Array.isArray(sizes) ? sizes : [])),
  };
  return {
    global(name) {
      if (Object.hasOwn(calls, name)) return { name, call: calls[name]! };
      if (inert.has(name) || inertPackages.test(name)) return { name, call: (args) => new Opaque(name, args) };
      const [, torchName = ''] = /^torch\.(?:storage\.)?(\w+)$/.exec(name) ?? [];
      return Object.hasOwn(storages, torchName) || dtypes.includes(torchName) ? { name } : undefined;
    },
    persistent(id) {
      const [tag, type, key, , elements, view] = id instanceof Tuple ? id.items : [];
      const storage = String((type as Admitted | undefined)?.name).replace(/^torch\.(storage\.)?/, '');
      if (tag !== 'storage' || typeof key !== 'string' || !Object.hasOwn(storages, storage)) {
        throw fail('expected persistent ids to name storages');
      }
      // an old file's storage may be part of another: (key, offset, size)
      const offset = view instanceof Tuple ? count(view.items[1], "a storage's offset") : 0;
      const size = view instanceof Tuple ? view.items[2] : elements;
      return {
        key,
        type: storages[storage]!,
        elements: count(size, "a storage's size"),
        offset,
      } satisfies TorchStorage;
    },
  };
}

/**
 * A setting deep in the inert objects beside a model, as `cfg.model.decoder_attention_heads`: attributes of a namespace,
 * keys of a dict, omegaconf's nodes.
 */
export function setting(value: Value | undefined, path: readonly string[]): Value | undefined {
  let at: Value | undefined = value;
  for (const key of path) {
    const map = contentOf(at);
    at = map instanceof Map ? map.get(key) : undefined;
  }
  return at instanceof Opaque ? (contentOf(at) as Value | undefined) : at;
}

/** The map inside an inert object; of an omegaconf leaf its value. */
function contentOf(value: Value | undefined): unknown {
  if (!(value instanceof Opaque)) return value;
  const { state } = value;
  if (!(state instanceof Map)) return undefined;
  return state.get('_content') ?? (state.has('_val') ? state.get('_val') : state);
}

function isStorage(value: unknown): value is TorchStorage {
  return typeof value === 'object' && value !== null && 'key' in value && 'elements' in value;
}

function ordered(pairs: Value | undefined, fail: (what: string) => Error): Map<Value, Value> {
  const list = pairs === undefined ? [] : Array.isArray(pairs) ? pairs : undefined;
  const items = list?.map((pair) => (pair instanceof Tuple ? pair.items : Array.isArray(pair) ? pair : []));
  if (items?.every((pair) => pair.length === 2)) return new Map(items as [Value, Value][]);
  throw fail('expected an ordered dict to be made of pairs');
}
