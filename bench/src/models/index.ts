/** The models of the training benchmark by name. */
import { gpt } from './gpt.ts';
import { mlp } from './mlp.ts';
import type { Model } from './model.ts';
import { resnet18, resnet18Smooth } from './resnet18.ts';
import { separable, separableSmooth } from './separable.ts';
import { unet3d } from './unet3d.ts';

export const models: Readonly<Record<string, Model>> = { mlp, gpt, resnet18, unet3d, separable };

/** The ones with a smooth activation in the place of ReLU, for comparing gradients. */
export const smooth: Readonly<Record<string, Model>> = {
  'resnet18-silu': resnet18Smooth,
  'separable-silu': separableSmooth,
};
