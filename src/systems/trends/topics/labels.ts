/**
 * What a topic is called: the phrases that are frequent in it and rare in the others, by class-based tf-idf.
 *
 * `tf` is the share of a topic's papers that have a phrase, and `ln(1 + A/f)` its rarity, for `f` papers over all topics and
 * `A` papers of a topic on average: c-TF-IDF (Grootendorst 2022, equation 2) by papers where it has occurrences, since
 * phrases are counted by papers here. Phrases of two words and more count half as much again, for they read as names.
 */
import { documentsOf, type PhraseTable, wordsOfName } from '../phrases/phrases.ts';
import { spaced } from '../phrases/spelling.ts';

/** Of a topic's papers with a phrase, the share with a longer one from which that is what is meant. */
const mostlyLonger = 0.7;
/** Phrases of a topic, the most telling, among which longer ones are looked for. */
const longerAmong = 300;

/** Phrases of each topic, the most telling first; no two share a word. A phrase that mostly is a part of a longer one is that. */
export function topicTerms(table: PhraseTable, of: ArrayLike<number>, topics: number, count: number): string[][] {
  const frequency = new Int32Array(table.names.length * topics);
  const totals = new Float64Array(topics);
  for (let document = 0; document < table.documents; document++) if (of[document]! >= 0) totals[of[document]!]!++;
  for (let phrase = 0; phrase < table.names.length; phrase++) {
    for (const document of documentsOf(table, phrase)) {
      const topic = of[document]!;
      if (topic < 0) continue;
      frequency[phrase * topics + topic]!++;
    }
  }
  const average = totals.reduce((sum, total) => sum + total, 0) / Math.max(1, topics);
  const scores: { phrase: number; score: number }[][] = Array.from({ length: topics }, () => []);
  for (let phrase = 0; phrase < table.names.length; phrase++) {
    let everywhere = 0;
    for (let topic = 0; topic < topics; topic++) everywhere += frequency[phrase * topics + topic]!;
    const rarity = Math.log(1 + average / everywhere) * (table.words[phrase]! > 1 ? 1.5 : 1);
    for (let topic = 0; topic < topics; topic++) {
      const tf = frequency[phrase * topics + topic]! / totals[topic]!;
      if (tf > 0) scores[topic]!.push({ phrase, score: tf * rarity });
    }
  }
  return scores.map((own, topic) => {
    const names: string[] = [];
    const order = own.sort((a, b) => b.score - a.score || a.phrase - b.phrase).map(({ phrase }) => phrase);
    const among = order.slice(0, longerAmong);
    const frequencyOf = (phrase: number) => frequency[phrase * topics + topic]!;
    const whole = (phrase: number) => {
      const least = mostlyLonger * frequencyOf(phrase);
      const longer = among.filter((other) => isPart(table, phrase, other) && frequencyOf(other) >= least);
      return [phrase, ...longer].reduce((best, one) => (table.words[one]! > table.words[best]! ? one : best));
    };
    for (const phrase of order) {
      const name = table.names[whole(phrase)]!;
      if (names.some((other) => overlaps(other, name))) continue;
      if (names.push(name) === count) break;
    }
    return names;
  });
}

/** Whether a phrase is a part of a longer one. */
function isPart({ names, words }: PhraseTable, phrase: number, other: number): boolean {
  return words[other]! > words[phrase]! && ` ${spaced(names[other]!)} `.includes(` ${spaced(names[phrase]!)} `);
}

/** Whether two phrases share a word. */
function overlaps(a: string, b: string): boolean {
  const words = new Set(wordsOfName(a));
  return wordsOfName(b).some((word) => words.has(word));
}
