/**
 * TeX as text. BibTeX is TeX throughout; abstracts of arXiv and of many conferences are text with some TeX in it, of which
 * only what is certain is read.
 */

/** Accents, by TeX's name, as combining characters. */
const accents: Readonly<Record<string, string>> = {
  "'": '\u0301',
  '`': '\u0300',
  '^': '\u0302',
  '"': '\u0308',
  '~': '\u0303',
  '=': '\u0304',
  '.': '\u0307',
  u: '\u0306',
  v: '\u030c',
  H: '\u030b',
  c: '\u0327',
  k: '\u0328',
  r: '\u030a',
  d: '\u0323',
  b: '\u0331',
};

const symbols: Readonly<Record<string, string>> = {
  ss: 'ß',
  o: 'ø',
  O: 'Ø',
  l: 'ł',
  L: 'Ł',
  ae: 'æ',
  AE: 'Æ',
  oe: 'œ',
  OE: 'Œ',
  aa: 'å',
  AA: 'Å',
  i: 'ı',
  j: 'ȷ',
  dh: 'ð',
  th: 'þ',
  textendash: '–',
  textemdash: '—',
  textquoteright: '’',
  textquoteleft: '‘',
  textbackslash: '\\',
  textasciitilde: '~',
  textasciicircum: '^',
  textless: '<',
  textgreater: '>',
  textbar: '|',
  textunderscore: '_',
  textregistered: '®',
  texttrademark: '™',
  copyright: '©',
  ldots: '…',
  dots: '…',
  S: '§',
  pounds: '£',
  euro: '€',
  deg: '°',
};

const accented =
  /\\(?:(['`^"~=.])\s*|([uvHckrdb])(?:\s+|(?=\{)))(?:\{\s*(\\?[a-zA-Zıȷ]?)\s*\}|(\\[a-zA-Z]\s*|[a-zA-Z]))/g;

function letterWithAccent(_: string, sign?: string, letter?: string, braced?: string, bare?: string): string {
  const base = (braced ?? bare ?? '')
    .trim()
    .replace(/^\\([ij])$/, '$1')
    .replace('\\', '');
  return `${base}${accents[sign ?? letter!]!}`;
}

/** Commands of running text whose argument is text; those that point somewhere are left out. */
const styled = /\\(?:emph|text(?:it|bf|tt|sc|rm|sf|sl|up)?|underline|url|mbox|href\{[^{}]*\})\s*\{([^{}]*)\}/g;
const switched = /\{\s*\\(?:em|it|bf|tt|sc|rm|sl)(?:\s+|(?=\\))([^{}]*)\}/g;
const pointed = /[\s~]{0,3}\\(?:cite[a-z]*|ref|label|footnote|thanks)\s*(?:\[[^\]]*\])*\{[^{}]*\}/g;
const shortened: Readonly<Record<string, string>> = { ie: 'i.e.', eg: 'e.g.', etal: 'et al.', etc: 'etc.' };

/** Signs of formulas that are characters: a name and its sign in turns. */
const signNames =
  'alpha α beta β gamma γ delta δ epsilon ε varepsilon ε zeta ζ eta η theta θ iota ι kappa κ lambda λ mu μ nu ν xi ξ pi π rho ρ ' +
  'sigma σ tau τ phi φ varphi φ chi χ psi ψ omega ω Gamma Γ Delta Δ Theta Θ Lambda Λ Xi Ξ Pi Π Sigma Σ Phi Φ Psi Ψ Omega Ω ' +
  'times × cdot · pm ± leq ≤ le ≤ geq ≥ ge ≥ ll ≪ gg ≫ neq ≠ ne ≠ approx ≈ sim ∼ simeq ≃ equiv ≡ propto ∝ infty ∞ partial ∂ ' +
  'nabla ∇ in ∈ subset ⊂ cup ∪ cap ∩ to → rightarrow → leftarrow ← mapsto ↦ forall ∀ exists ∃ ell ℓ circ ° dagger † ast ∗ ' +
  'star ⋆ bullet • prime ′ ldots … dots … cdots … log log exp exp min min max max sup sup inf inf sin sin cos cos ln ln';
const signs = new Map(Array.from(signNames.matchAll(/(\w+) (\S+)/g), ([, name, sign]) => [name!, sign!]));
const letters = '0123456789+-n';
const rowOf = (row: string) => new Map(Array.from(letters, (c, i) => [c, row[i]!]));
const raised = rowOf('⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ');
const lowered = rowOf('₀₁₂₃₄₅₆₇₈₉₊₋ₙ');

/** What tells that a text has TeX in it: a command of its own, or a formula. */
export const texMark =
  /\\(?:emph|text[a-z]{2}|url|cite[a-z]*|[a-z]*epsilon|times|log|mathcal|mathbb|sqrt|frac)|\d\s?\\%|\$[^$\s][^$]{0,200}\$/;

/** A formula, and not two prices: nothing but a formula has no space inside its dollars and no figure behind them. */
const formula = /\$(?!\s)([^$]{1,500}?)(?<!\s)\$(?!\d)/g;

/** Running text with TeX in it as plain text: what is certain as characters, all else as it stands. */
export function readableTex(text: string): string {
  let plain = '';
  let at = 0;
  for (const { 0: whole, 1: inner, index } of text.matchAll(formula)) {
    plain += readablePart(text.slice(at, index)) + (readableFormula(inner!) ?? whole);
    at = index + whole.length;
  }
  return (plain + readablePart(text.slice(at))).normalize('NFC');
}

function readablePart(text: string): string {
  // one inside another, from the inside
  let outer = text.replace(pointed, '');
  for (let depth = 0; depth < 4; depth++) outer = outer.replace(styled, '$1').replace(switched, '$1');
  return outer
    .replace(accented, letterWithAccent)
    .replace(/\{(\p{L}\p{M}?)\}/gu, '$1')
    .replace(
      /\\([a-zA-Z]+)(?:\{\}|\\(?= )| (?=\w))?/g,
      (whole, name: string) => symbols[name] ?? shortened[name] ?? whole,
    )
    .replace(/\\([%&#$_])/g, '$1')
    .replace(/(?<=[\p{L}\p{N}.,)\]])~(?=[\p{L}([])/gu, ' ')
    .replace(/(?<=[\s\p{L}\p{N}])---?(?=[\s\p{L}\p{N}])/gu, (dashes) => (dashes.length === 3 ? '—' : '–'))
    .replace(/``([^`']{1,300})''/g, '“$1”');
}

/** A formula as characters; undefined where they do not suffice. */
function readableFormula(tex: string): string | undefined {
  const text = tex
    .replace(/\\(?:math[a-z]+|text[a-z]*|operatorname|rm)\s*\{([^{}]*)\}/g, '$1')
    .replace(/\^\{?\\circ\}?/g, '°')
    .replace(/\\([a-zA-Z]+)( ?)/g, (whole, name: string, space: string) => {
      const sign = signs.get(name);
      return sign === undefined ? whole : sign.length > 1 || space === '' ? `${sign}${space}` : sign;
    })
    .replace(/\\([%&#_])/g, '$1')
    .replace(/\\[,;:! ]/g, ' ')
    .replace(/\\(?:left|right|big)(?=[()[\]|])/g, '')
    .replace(/([\^_])(?:\{([^{}]{1,6})\}|([0-9n+-]))/g, (whole, sign: string, braced?: string, bare?: string) => {
      const row = sign === '^' ? raised : lowered;
      const small = Array.from(braced ?? bare!, (c) => row.get(c));
      return small.every((c) => c !== undefined) ? small.join('') : whole;
    });
  return /[\\{}^_]/.test(text) ? undefined : text;
}

/** Text without TeX: accents and symbols as characters, braces and commands of form left out; formulas stay. */
export function plainTex(tex: string): string {
  const formula = /\$[^$]{1,500}\$/g;
  let plain = '';
  let at = 0;
  for (const { 0: found, index } of tex.matchAll(formula)) {
    // \$ is a dollar
    if (tex[index - 1] === '\\') continue;
    plain += withoutCommands(tex.slice(at, index)) + found;
    at = index + found.length;
  }
  return (plain + withoutCommands(tex.slice(at))).replace(/\s+/g, ' ').normalize('NFC').trim();
}

function withoutCommands(tex: string): string {
  // what stands for itself waits in private characters until braces are gone
  const literal = '{}$&%#_~^\\';
  const hide = (c: string) => String.fromCharCode(0xe000 + literal.indexOf(c));
  return tex
    .replace(/\\([{}$&%#_])/g, (_, c: string) => hide(c))
    .replace(/\\(text(?:backslash|asciitilde|asciicircum))(?:\{\}|\s+|(?![a-zA-Z]))/g, (_, name: string) =>
      hide(symbols[name]!),
    )
    .replace(accented, letterWithAccent)
    .replace(/\\([a-zA-Z]+)\*?(?:\s*\{\}|\s*)/g, (_, name: string) => symbols[name] ?? '')
    .replace(/\\[\\,;:!/ -]/g, ' ')
    .replace(/---/g, '—')
    .replace(/--/g, '–')
    .replace(/``/g, '“')
    .replace(/''/g, '”')
    .replace(/~/g, ' ')
    .replace(/[{}]/g, '')
    .replace(/[\ue000-\ue009]/g, (c) => literal[c.charCodeAt(0) - 0xe000]!);
}
