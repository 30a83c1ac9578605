/** What history leads one to expect, written down before anything was run. */

/** A word of the State of the Union addresses, in the singular, and the years in which it should be in a burst. */
export interface ExpectedBurst {
  readonly word: string;
  readonly from: number;
  readonly to: number;
  readonly why: string;
}

export const expectedBursts: readonly ExpectedBurst[] = [
  { word: 'bank', from: 1829, to: 1843, why: 'Jackson’s war on the Bank of the United States, and its end' },
  { word: 'mexico', from: 1845, to: 1850, why: 'annexation of Texas, and the war with Mexico' },
  { word: 'slavery', from: 1854, to: 1866, why: 'Kansas, secession, abolition' },
  { word: 'silver', from: 1877, to: 1896, why: 'the coinage of silver, Bland–Allison to Bryan' },
  { word: 'philippine', from: 1898, to: 1913, why: 'the Spanish–American war, and the islands after it' },
  { word: 'corporation', from: 1901, to: 1914, why: 'Theodore Roosevelt and Taft against the trusts' },
  { word: 'japanese', from: 1941, to: 1946, why: 'war in the Pacific' },
  { word: 'atomic', from: 1945, to: 1961, why: 'the bomb, and atoms for peace' },
  { word: 'communist', from: 1947, to: 1969, why: 'the first decades of the Cold War' },
  { word: 'vietnam', from: 1964, to: 1974, why: 'the war' },
  { word: 'energy', from: 1974, to: 1982, why: 'the oil crises' },
  { word: 'terrorist', from: 2001, to: 2009, why: 'after 11 September 2001' },
];

/** Something that rose in the research of 2021 and 2022, and how it may be spelled, plurals aside. */
export interface ExpectedRise {
  readonly name: string;
  readonly spellings: readonly string[];
}

/** Those that the issue names. */
export const namedRises: readonly ExpectedRise[] = [
  {
    name: 'diffusion models',
    spellings: [
      'diffusion model',
      'denoising diffusion',
      'diffusion probabilistic model',
      'denoising diffusion probabilistic model',
    ],
  },
  {
    name: 'prompting',
    spellings: ['prompt', 'prompting', 'prompt tuning', 'prompt learning', 'prompt based', 'prompt based learning'],
  },
  {
    name: 'vision–language pre-training',
    spellings: [
      'vision language pre training',
      'vision language pretraining',
      'vision and language pre training',
      'vision and language pretraining',
      'vision language pre trained',
      'language image pre training',
      'contrastive language image',
      'contrastive language image pre training',
    ],
  },
];

/** Others of the same years. */
export const moreRises: readonly ExpectedRise[] = [
  { name: 'vision transformers', spellings: ['vision transformer', 'vision transformer vit', 'vit'] },
  {
    name: 'masked autoencoders',
    spellings: ['masked autoencoder', 'masked image modeling', 'masked image modelling', 'masked autoencoding'],
  },
  { name: 'neural radiance fields', spellings: ['neural radiance field', 'radiance field', 'nerf'] },
];
