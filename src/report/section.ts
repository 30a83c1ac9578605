/**
 * A section: what one system's experiment found in one run, with the rules that judged it.
 *
 * Everything on the page comes from sections, and a section is plain data, so that a run of today and one that was
 * recorded months ago are shown by the same code.
 */

import type { Claim, ClaimRule, Tier } from './claim.ts';
import type { Experiment, ExperimentContext, Findings } from './experiment.ts';
import type { Figure } from './figure.ts';
import { formatExact } from './format.ts';
import type { Table } from './table.ts';

/** What a system is, before anything is run. */
export interface SystemTitle {
  /** `bottleneck`: the name in commands, folders and links. */
  readonly id: string;
  readonly title: string;
  /** One line; `arXiv:2204.07576` in it becomes a link. */
  readonly citation: string;
}

/** A claim's rule as the page prints it. */
export interface RuleInWords {
  /** The claim's id. */
  readonly id: string;
  readonly statement: string;
  readonly paper: number | string | null;
  readonly unit: string;
  readonly predicate: string;
  readonly seeds: readonly number[];
  /** `0.01 bit`; null for a claim that is not about a size. */
  readonly detects: string | null;
}

/** Where a recorded run was made. */
export interface Provenance {
  /** ISO 8601, UTC. */
  readonly date: string;
  readonly commit: string;
  readonly machine: string;
  readonly command: string;
}

export interface Section extends SystemTitle, Findings {
  readonly tier: Tier;
  readonly seconds: number;
  readonly summary: string;
  readonly rules: readonly RuleInWords[];
  /** Why there are no findings: the run failed. */
  readonly error?: string;
  /** Of a recorded run. */
  readonly recorded?: Provenance;
}

/**
 * Runs an experiment to its section.
 * @throws whatever the experiment throws; TypeError when its claims are not those that its rules announced, or when two
 * figures or tables share an id
 */
export async function runExperiment(
  system: SystemTitle,
  experiment: Experiment,
  context: ExperimentContext,
): Promise<Section> {
  const start = performance.now();
  const findings = await experiment.run(context);
  const rules = announced(experiment, context.tier);
  checkFindings(system.id, rules, findings);
  return { ...frame(system, experiment, context.tier), ...findings, seconds: secondsSince(start) };
}

/** The section of a run that failed after `seconds`; without `experiment` where even that could not be loaded. */
export function failedSection(
  system: SystemTitle,
  experiment: Experiment | undefined,
  tier: Tier,
  seconds: number,
  error: unknown,
): Section {
  const none = { claims: [], figures: [], tables: [] };
  const message = error instanceof Error ? error.message : String(error);
  return { ...frame(system, experiment, tier), ...none, seconds, error: message };
}

/** To a tenth of a second. */
export function secondsSince(start: number): number {
  return Math.round((performance.now() - start) / 100) / 10;
}

function frame({ id, title, citation }: SystemTitle, experiment: Experiment | undefined, tier: Tier) {
  const rules = experiment ? announced(experiment, tier).map((rule) => inWords(rule, tier)) : [];
  return { id, title, citation, tier, summary: experiment?.summary ?? '', rules };
}

function announced(experiment: Experiment, tier: Tier): readonly ClaimRule[] {
  return experiment.rules.filter((rule) => rule.seeds[tier].length > 0);
}

function inWords({ id, statement, paper, unit, predicate, seeds, detects }: ClaimRule, tier: Tier): RuleInWords {
  return {
    id,
    statement,
    paper,
    unit,
    predicate: predicate.words(unit),
    seeds: seeds[tier],
    detects: detects === null ? null : formatExact(detects, unit),
  };
}

function checkFindings(id: string, rules: readonly ClaimRule[], { claims, figures, tables }: Findings): void {
  const expected = rules.map((rule) => rule.id).join(', ');
  const got = claims.map((claim: Claim) => claim.id).join(', ');
  if (got !== expected) throw new TypeError(`experiment ${id}: expected the claims ${expected}, got ${got || 'none'}`);
  const ids = [...figures, ...tables].map((shown: Figure | Table) => shown.id);
  const twice = ids.find((shown, i) => ids.indexOf(shown) < i);
  if (twice !== undefined)
    throw new TypeError(`experiment ${id}: expected figures and tables with ids of their own, got '${twice}' twice`);
}
