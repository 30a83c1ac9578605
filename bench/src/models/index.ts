/** The models of the training benchmark by name. */
import { gpt } from './gpt.ts';
import { mlp } from './mlp.ts';
import type { Model } from './model.ts';
import { resnet18 } from './resnet18.ts';
import { separable } from './separable.ts';
import { unet3d } from './unet3d.ts';

export const models: Readonly<Record<string, Model>> = { mlp, gpt, resnet18, unet3d, separable };
