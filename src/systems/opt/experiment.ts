import type { Experiment } from '../../report/index.ts';

export const experiment: Experiment = {
  summary: '',
  rules: [],
  run: async () => ({ claims: [], figures: [], tables: [] }),
};
